"""What migrations of this project are made of, beyond Django's own operations."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState


class CreateModelAndTriggers(CreateModel):
    """A table with the triggers of its options, made in one step.

    One `AddTrigger` for each trigger makes Django build nearly all models anew each time, which
    was a quarter of the time that a new database took.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make the table, then each trigger of the option `triggers`."""
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        for trigger in self.options["triggers"]:
            schema_editor.execute(trigger.install_sql, params=None)

    def describe(self) -> str:
        """Say what the step does."""
        return f"{super().describe()} and its triggers"

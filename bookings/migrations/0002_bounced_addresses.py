import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0001_clients_and_visits'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='client',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='client',
            name='update_update',
        ),
        migrations.AddField(
            model_name='client',
            name='bounced_email',
            field=models.EmailField(blank=True, editable=False, help_text='Refused for good; another address is tried again.', max_length=254),
        ),
        migrations.AddField(
            model_name='clientevent',
            name='bounced_email',
            field=models.EmailField(blank=True, editable=False, help_text='Refused for good; another address is tried again.', max_length=254),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='client',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_clientevent" ("bounced_email", "called", "created_at", "date_of_birth", "desk_note", "email", "id", "is_call_to_book", "is_deceased", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "preferred_channel", "public_id", "time_zone") VALUES (NEW."bounced_email", NEW."called", NEW."created_at", NEW."date_of_birth", NEW."desk_note", NEW."email", NEW."id", NEW."is_call_to_book", NEW."is_deceased", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."preferred_channel", NEW."public_id", NEW."time_zone"); RETURN NULL;', hash='e6175e255762d3181b76d8d17c6fb2d47a0f90c8', operation='INSERT', pgid='pgtrigger_insert_insert_63039', table='bookings_client', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='client',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_clientevent" ("bounced_email", "called", "created_at", "date_of_birth", "desk_note", "email", "id", "is_call_to_book", "is_deceased", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "preferred_channel", "public_id", "time_zone") VALUES (NEW."bounced_email", NEW."called", NEW."created_at", NEW."date_of_birth", NEW."desk_note", NEW."email", NEW."id", NEW."is_call_to_book", NEW."is_deceased", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."preferred_channel", NEW."public_id", NEW."time_zone"); RETURN NULL;', hash='79afe7c4e32eb40d916f34c01818b82662fd7a80', operation='UPDATE', pgid='pgtrigger_update_update_3f220', table='bookings_client', when='AFTER')),
        ),
    ]

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("practitioners", "0002_names_on_paper")]

    operations = [
        migrations.AddField(
            model_name="clinicsettings",
            name="longest_series",
            field=models.PositiveSmallIntegerField(
                default=6,
                help_text="Sessions that clients may book at once by themselves; 1: one at a time.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(12),
                ],
                verbose_name="longest series online",
            ),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('practitioners', '0002_noted_changes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='availability',
            index=models.Index(fields=['practitioner', 'location'], name='hours_by_place'),
        ),
        migrations.AlterField(
            model_name='availability',
            name='practitioner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='availability', to='practitioners.practitioner'),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('practitioners', '0002_noted_changes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='availability',
            index=models.Index(fields=['location', 'practitioner'], name='hours_by_place'),
        ),
    ]

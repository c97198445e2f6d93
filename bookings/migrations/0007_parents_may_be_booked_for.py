from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0006_messages_had_by_index'),
    ]

    operations = [
        migrations.AlterField(
            model_name='clientaccess',
            name='relation',
            field=models.CharField(choices=[('self', 'Me'), ('guardian', 'My child'), ('partner', 'My partner'), ('parent', 'My parent'), ('other', 'Someone else')], max_length=10),
        ),
    ]

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0004_invited_bookings'),
    ]

    operations = [
        migrations.AlterField(
            model_name='appointment',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='A hold is kept from here on.'),
        ),
        migrations.AlterField(
            model_name='appointmentevent',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='A hold is kept from here on.'),
        ),
    ]

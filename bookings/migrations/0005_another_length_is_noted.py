from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0004_what_was_put_back'),
    ]

    operations = [
        migrations.AlterField(
            model_name='visitchange',
            name='event',
            field=models.CharField(choices=[('booked', 'Booked'), ('moved', 'Moved'), ('length', 'New length'), ('cancelled', 'Cancelled'), ('put_back', 'Put back')], max_length=10),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0002_messages_and_tasks'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='appointment',
            name='standing_by_practitioner',
        ),
        migrations.RemoveIndex(
            model_name='appointment',
            name='standing_by_room',
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('status', 'cancelled'), _negated=True), fields=['practitioner', 'starts_at'], include=('id', 'ends_at', 'busy', 'location', 'room', 'service', 'status', 'held_until', 'held_by'), name='standing_by_practitioner'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('status', 'cancelled'), _negated=True), fields=['room', 'starts_at'], include=('practitioner',), name='standing_by_room'),
        ),
    ]

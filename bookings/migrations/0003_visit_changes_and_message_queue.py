import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0002_bounced_addresses'),
        ('practitioners', '0001_who_and_where'),
    ]

    operations = [
        migrations.CreateModel(
            name='VisitChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('booked', 'Booked'), ('moved', 'Moved'), ('cancelled', 'Cancelled')], max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('starts_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='open_messages',
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['lane', 'send_after'], name='waiting_messages'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('claims__gte', 2), ('state', 'pending')), fields=['lane', 'send_after'], name='suspect_messages'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ('claimed', 'sending'))), fields=['lease_until'], name='leased_messages'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['expires_at'], name='expiring_messages'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('sending_at__isnull', False)), fields=['lane', 'sending_at'], name='handed_over_messages'),
        ),
        migrations.AddField(
            model_name='visitchange',
            name='appointment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='bookings.appointment'),
        ),
        migrations.AddField(
            model_name='visitchange',
            name='practitioner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='practitioners.practitioner'),
        ),
        migrations.AddIndex(
            model_name='visitchange',
            index=models.Index(fields=['at'], name='changes_by_time'),
        ),
        migrations.AddConstraint(
            model_name='visitchange',
            constraint=models.UniqueConstraint(fields=('appointment', 'event', 'version'), name='one_change_per_version'),
        ),
    ]

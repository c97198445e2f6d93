import django.db.models.deletion
import pgtrigger.compiler
import practitioners.schema
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('bookings', '0001_clients_and_visits'), ('bookings', '0002_bounced_addresses'), ('bookings', '0003_visit_changes_and_message_queue'), ('bookings', '0004_invited_bookings'), ('bookings', '0005_held_since'), ('bookings', '0006_joined_clients'), ('bookings', '0007_series'), ('bookings', '0008_waiting_list'), ('bookings', '0009_preferred_times'), ('bookings', '0010_calendar_feeds'), ('bookings', '0011_channels_and_texts'), ('bookings', '0012_troubled_messages'), ('bookings', '0013_visits_by_room')]

    dependencies = [
        ('bookings', '0001_clients_and_their_visits'),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('source_type', models.CharField(max_length=30)),
                ('source_id', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=30)),
                ('occurrence', models.CharField(blank=True, max_length=64)),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('sms', 'Text message')], help_text='Empty: as the client wishes at the moment of sending.', max_length=5)),
                ('recipient', models.CharField(help_text='client:ID, user:ID or an address; resolved when sent.', max_length=254)),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='bookings.client')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lane', models.PositiveSmallIntegerField(choices=[(0, 'Security'), (1, 'Booking'), (2, 'Follow-up')])),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('claimed', 'Picked up'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('cancelled', 'Not needed'), ('expired', 'Too late'), ('unknown', 'Needs a person')], default='pending', max_length=10)),
                ('send_after', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='Tries to hand it over.')),
                ('claims', models.PositiveSmallIntegerField(default=0, help_text='Claims in a row without a recorded result.')),
                ('claim_no', models.PositiveIntegerField(default=0, help_text='Fences off an old claim.')),
                ('claimed_by', models.CharField(blank=True, max_length=64)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('sending_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('sent_to', models.CharField(blank=True, max_length=254)),
                ('via', models.CharField(blank=True, choices=[('email', 'E-mail'), ('sms', 'Text message')], help_text='How the latest try went out.', max_length=5)),
                ('is_ambiguous', models.BooleanField(default=False, help_text='May have arrived already: the same Message-ID was handed over before.')),
                ('provider_ref', models.CharField(blank=True, max_length=200)),
                ('last_code', models.CharField(blank=True, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-send_after'],
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['lane', 'send_after'], name='waiting_messages'), models.Index(condition=models.Q(('claims__gte', 2), ('state', 'pending')), fields=['lane', 'send_after'], name='suspect_messages'), models.Index(condition=models.Q(('state__in', ('claimed', 'sending'))), fields=['lease_until'], name='leased_messages'), models.Index(condition=models.Q(('state', 'pending')), fields=['expires_at'], name='expiring_messages'), models.Index(condition=models.Q(('sending_at__isnull', False)), fields=['lane', 'sending_at'], name='handed_over_messages'), models.Index(condition=models.Q(('state__in', ('failed', 'expired', 'unknown'))), fields=['send_after'], name='troubled_messages'), models.Index(fields=['client', '-send_after'], name='messages_of_client')],
                'constraints': [models.UniqueConstraint(fields=('source_type', 'source_id', 'kind', 'occurrence', 'channel', 'recipient'), name='one_message_per_reason')],
            },
        ),
        migrations.CreateModel(
            name='MessageAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='bookings.message')),
                ('claim_no', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('result', models.CharField(max_length=40)),
                ('detail', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='ChannelConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='bookings.client')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], max_length=5)),
                ('is_given', models.BooleanField()),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(choices=[('client', "in the client's own pages"), ('desk', 'at the desk'), ('link', 'by the link in a mail'), ('reply', 'by answering a text message')], max_length=40, verbose_name='how')),
                ('user', models.ForeignKey(blank=True, help_text='Who changed it, where somebody was signed in.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('client', 'channel'), name='one_consent_per_channel')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_channelconsentevent" ("changed_at", "changed_by", "channel", "client_id", "id", "is_given", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."changed_at", NEW."changed_by", NEW."channel", NEW."client_id", NEW."id", NEW."is_given", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;', hash='77fad6581c603a37ed7a1ed09814953c3642bbf4', operation='INSERT', pgid='pgtrigger_insert_insert_e4af3', table='bookings_channelconsent', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_channelconsentevent" ("changed_at", "changed_by", "channel", "client_id", "id", "is_given", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."changed_at", NEW."changed_by", NEW."channel", NEW."client_id", NEW."id", NEW."is_given", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."user_id"); RETURN NULL;', hash='ac01d50819e32d5acfe85b0e378b959628c067be', operation='UPDATE', pgid='pgtrigger_update_update_b6f72', table='bookings_channelconsent', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='ChannelConsentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.channelconsent')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('client', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.client')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], max_length=5)),
                ('is_given', models.BooleanField()),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(choices=[('client', "in the client's own pages"), ('desk', 'at the desk'), ('link', 'by the link in a mail'), ('reply', 'by answering a text message')], max_length=40, verbose_name='how')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, help_text='Who changed it, where somebody was signed in.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5c50b5151c06c90284babd4baceeca50e0487b57', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b50a1', table='bookings_channelconsentevent', when='BEFORE'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='MessageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], max_length=5)),
                ('subject', models.CharField(blank=True, max_length=120)),
                ('text', models.TextField(max_length=1500)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['kind', 'channel'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'channel'), name='one_text_per_kind')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_messagetemplateevent" ("changed_at", "changed_by_id", "channel", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "text") VALUES (NEW."changed_at", NEW."changed_by_id", NEW."channel", NEW."id", NEW."kind", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."subject", NEW."text"); RETURN NULL;', hash='101205242d490fd34ecd8ecf7e2a8f53eacca2dc', operation='INSERT', pgid='pgtrigger_insert_insert_7f44e', table='bookings_messagetemplate', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_messagetemplateevent" ("changed_at", "changed_by_id", "channel", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "text") VALUES (NEW."changed_at", NEW."changed_by_id", NEW."channel", NEW."id", NEW."kind", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."subject", NEW."text"); RETURN NULL;', hash='fbec9a94b418955ed2d6f3cb4c69d71ffe8c9534', operation='UPDATE', pgid='pgtrigger_update_update_9774e', table='bookings_messagetemplate', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='MessageTemplateEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.messagetemplate')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(max_length=30)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], max_length=5)),
                ('subject', models.CharField(blank=True, max_length=120)),
                ('text', models.TextField(max_length=1500)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5e7f230f96740862b9589ee35e30cabbc7a61815', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_48fd6', table='bookings_messagetemplateevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=30, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('title', models.CharField(max_length=160)),
                ('link', models.CharField(blank=True, max_length=200)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(blank=True, max_length=30)),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='bookings.client')),
                ('reason_key', models.CharField(help_text='One task per reason, however often it is found.', max_length=120, unique=True)),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['due_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('owner__isnull', False), models.Q(('role', ''), _negated=True), _connector='OR'), name='task_has_owner')],
            },
        ),
    ]

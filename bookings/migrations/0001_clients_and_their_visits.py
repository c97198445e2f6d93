import bookings.models.appointments
import bookings.models.text
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import phonenumber_field.modelfields
import practitioners.models.places
import practitioners.schema
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('bookings', '0001_clients_and_visits'), ('bookings', '0002_bounced_addresses'), ('bookings', '0003_visit_changes_and_message_queue'), ('bookings', '0004_invited_bookings'), ('bookings', '0005_held_since'), ('bookings', '0006_joined_clients'), ('bookings', '0007_series'), ('bookings', '0008_waiting_list'), ('bookings', '0009_preferred_times'), ('bookings', '0010_calendar_feeds'), ('bookings', '0011_channels_and_texts'), ('bookings', '0012_troubled_messages'), ('bookings', '0013_visits_by_room')]

    initial = True

    dependencies = [
        ('clinic', '__first__'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('practitioners', '0001_specialists_and_places'),
    ]

    operations = [
        practitioners.schema.CreateModelAndTriggers(
            name='Client',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, validators=[bookings.models.text.check_one_line])),
                ('called', models.CharField(blank=True, max_length=60, validators=[bookings.models.text.check_one_line], verbose_name='wants to be called')),
                ('date_of_birth', models.DateField(blank=True, null=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None)),
                ('time_zone', models.CharField(blank=True, help_text="Empty: the location's.", max_length=64, validators=[practitioners.models.places.check_zone])),
                ('preferred_channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], default='email', max_length=5)),
                ('preferred_weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), blank=True, default=list, help_text='Days that suit them; empty: any.', size=None)),
                ('preferred_parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('morning', 'Morning, before 12'), ('afternoon', 'Afternoon, 12 to 5'), ('evening', 'Evening, from 5')], max_length=10), blank=True, default=list, help_text='Parts of the day that suit them; empty: any.', size=None)),
                ('is_call_to_book', models.BooleanField(default=False, verbose_name='call to book only')),
                ('bounced_email', models.EmailField(blank=True, editable=False, help_text='Refused for good; another address is tried again.', max_length=254)),
                ('bounced_phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, editable=False, help_text='Refused text messages for good.', max_length=128, region=None)),
                ('is_deceased', models.BooleanField(default=False)),
                ('merged_into', models.ForeignKey(blank=True, editable=False, help_text='The entry of the same person that is used instead.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.client')),
                ('desk_note', models.TextField(blank=True, help_text='For the front desk; nothing about health.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_clientevent" ("bounced_email", "bounced_phone", "called", "created_at", "date_of_birth", "desk_note", "email", "id", "is_call_to_book", "is_deceased", "merged_into_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "preferred_channel", "preferred_parts", "preferred_weekdays", "public_id", "time_zone") VALUES (NEW."bounced_email", NEW."bounced_phone", NEW."called", NEW."created_at", NEW."date_of_birth", NEW."desk_note", NEW."email", NEW."id", NEW."is_call_to_book", NEW."is_deceased", NEW."merged_into_id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."preferred_channel", NEW."preferred_parts", NEW."preferred_weekdays", NEW."public_id", NEW."time_zone"); RETURN NULL;', hash='4fa7547d0073d53ec92d26b7755550f4cc1797c8', operation='INSERT', pgid='pgtrigger_insert_insert_63039', table='bookings_client', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_clientevent" ("bounced_email", "bounced_phone", "called", "created_at", "date_of_birth", "desk_note", "email", "id", "is_call_to_book", "is_deceased", "merged_into_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "preferred_channel", "preferred_parts", "preferred_weekdays", "public_id", "time_zone") VALUES (NEW."bounced_email", NEW."bounced_phone", NEW."called", NEW."created_at", NEW."date_of_birth", NEW."desk_note", NEW."email", NEW."id", NEW."is_call_to_book", NEW."is_deceased", NEW."merged_into_id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."preferred_channel", NEW."preferred_parts", NEW."preferred_weekdays", NEW."public_id", NEW."time_zone"); RETURN NULL;', hash='0ca1bc654f89bed3e1b203a9f992c5335678cc95', operation='UPDATE', pgid='pgtrigger_update_update_3f220', table='bookings_client', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='ClientEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.client')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('name', models.CharField(max_length=120, validators=[bookings.models.text.check_one_line])),
                ('called', models.CharField(blank=True, max_length=60, validators=[bookings.models.text.check_one_line], verbose_name='wants to be called')),
                ('date_of_birth', models.DateField(blank=True, null=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None)),
                ('time_zone', models.CharField(blank=True, help_text="Empty: the location's.", max_length=64, validators=[practitioners.models.places.check_zone])),
                ('preferred_channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], default='email', max_length=5)),
                ('preferred_weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), blank=True, default=list, help_text='Days that suit them; empty: any.', size=None)),
                ('preferred_parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('morning', 'Morning, before 12'), ('afternoon', 'Afternoon, 12 to 5'), ('evening', 'Evening, from 5')], max_length=10), blank=True, default=list, help_text='Parts of the day that suit them; empty: any.', size=None)),
                ('is_call_to_book', models.BooleanField(default=False, verbose_name='call to book only')),
                ('bounced_email', models.EmailField(blank=True, editable=False, help_text='Refused for good; another address is tried again.', max_length=254)),
                ('bounced_phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, editable=False, help_text='Refused text messages for good.', max_length=128, region=None)),
                ('is_deceased', models.BooleanField(default=False)),
                ('merged_into', models.ForeignKey(blank=True, db_constraint=False, editable=False, help_text='The entry of the same person that is used instead.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.client')),
                ('desk_note', models.TextField(blank=True, help_text='For the front desk; nothing about health.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cdb0a34225719a4b56d6b4358730125e658954bb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3d31b', table='bookings_clientevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='ClientAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='client_access', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access', to='bookings.client')),
                ('relation', models.CharField(choices=[('self', 'Me'), ('guardian', 'My child'), ('partner', 'My partner'), ('other', 'Someone else')], max_length=10)),
                ('scope', models.CharField(choices=[('booking', 'Book, move, cancel, see times'), ('record', 'Also health form, plan and progress')], default='booking', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'client access',
                'constraints': [models.UniqueConstraint(fields=('user', 'client'), name='one_access_per_login'), models.UniqueConstraint(condition=models.Q(('relation', 'self')), fields=('user',), name='one_self_per_login')],
            },
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series', to='bookings.client')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.service')),
                ('every_weeks', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)])),
                ('form_token', models.UUIDField(editable=False, unique=True)),
                ('form_digest', models.CharField(editable=False, max_length=64)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name_plural': 'series',
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='practitioners.practitioner')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='practitioners.location')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='practitioners.room')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='practitioners.service')),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='bookings.client')),
                ('series', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='bookings.series')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('busy', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('held', 'Kept for you'), ('booked', 'Booked'), ('arrived', 'Arrived'), ('started', 'In session'), ('completed', 'Done'), ('no_show', 'No-show'), ('cancelled', 'Cancelled')], max_length=10)),
                ('held_until', models.DateTimeField(blank=True, null=True)),
                ('held_by', models.CharField(blank=True, help_text='The visitor who holds it.', max_length=64)),
                ('price', models.DecimalField(decimal_places=2, max_digits=8)),
                ('client_note', models.CharField(blank=True, max_length=200)),
                ('desk_note', models.TextField(blank=True)),
                ('booked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('booked_at', models.DateTimeField(blank=True, null=True)),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.CharField(blank=True, choices=[('client', 'the client'), ('clinic', 'the clinic')], max_length=10)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
                ('is_late_cancellation', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1, help_text='Raised by every change of time.')),
                ('link_version', models.PositiveIntegerField(default=1, help_text='Raising it kills old mail links.')),
                ('source_ref', models.CharField(blank=True, editable=False, help_text='What invited this booking.', max_length=80)),
                ('form_token', models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ('form_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='A hold is kept from here on.')),
            ],
            options={
                'ordering': ['starts_at'],
                'indexes': [models.Index(condition=models.Q(('status', 'cancelled'), _negated=True), fields=['practitioner', 'starts_at'], include=('ends_at',), name='standing_by_practitioner'), models.Index(condition=models.Q(('status', 'cancelled'), _negated=True), fields=['room', 'starts_at'], name='standing_by_room'), models.Index(fields=['client', 'starts_at'], name='visits_of_client'), models.Index(fields=['starts_at'], name='visits_by_start'), models.Index(condition=models.Q(('status', 'held')), fields=['held_until'], name='holds_by_expiry')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status', 'cancelled'), _negated=True), expressions=[(models.Func(models.F('practitioner'), models.F('practitioner'), models.Value('[]'), function='int8range', output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField()), '&&'), ('busy', '&&')], name='practitioner_not_twice', violation_error_message='That time has just been taken.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(models.Q(('status', 'cancelled'), _negated=True), ('room__isnull', False)), expressions=[(models.Func(models.F('room'), models.F('room'), models.Value('[]'), function='int8range', output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField()), '&&'), ('busy', '&&')], name='room_not_twice', violation_error_message='That room has just been taken.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(models.Q(('status', 'cancelled'), _negated=True), ('client__isnull', False)), expressions=[(models.Func(models.F('client'), models.F('client'), models.Value('[]'), function='int8range', output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField()), '&&'), (bookings.models.appointments.VisitSpan('starts_at', 'ends_at'), '&&')], name='client_not_twice', violation_error_message='This person already has a session then.'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='visit_ends_after_start'), models.CheckConstraint(condition=models.Q(('busy__contains', bookings.models.appointments.VisitSpan('starts_at', 'ends_at')), ('busy__lower_inf', False), ('busy__upper_inf', False)), name='busy_contains_visit'), models.CheckConstraint(condition=models.Q(('starts_at__gte', '2000-01-01T00:00:00Z'), ('ends_at__lt', '2101-01-01T00:00:00Z')), name='visit_within_calendar'), models.CheckConstraint(condition=models.Q(('starts_at__second', 0), ('ends_at__second', 0)), name='visit_whole_minutes'), models.CheckConstraint(condition=models.Q(('status', 'held'), ('client__isnull', False), _connector='OR'), name='visit_has_client'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'held'), _negated=True), models.Q(('held_until__isnull', False), models.Q(('held_by', ''), _negated=True)), _connector='OR'), name='hold_has_owner_and_end'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'cancelled'), _negated=True), models.Q(('cancelled_by', ''), _negated=True), _connector='OR'), name='cancelled_names_who')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_appointmentevent" ("arrived_at", "booked_at", "booked_by_id", "busy", "cancel_reason", "cancelled_at", "cancelled_by", "client_id", "client_note", "completed_at", "created_at", "desk_note", "ends_at", "form_digest", "form_token", "held_by", "held_until", "id", "is_late_cancellation", "link_version", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practitioner_id", "price", "public_id", "room_id", "series_id", "service_id", "source_ref", "starts_at", "status", "version") VALUES (NEW."arrived_at", NEW."booked_at", NEW."booked_by_id", NEW."busy", NEW."cancel_reason", NEW."cancelled_at", NEW."cancelled_by", NEW."client_id", NEW."client_note", NEW."completed_at", NEW."created_at", NEW."desk_note", NEW."ends_at", NEW."form_digest", NEW."form_token", NEW."held_by", NEW."held_until", NEW."id", NEW."is_late_cancellation", NEW."link_version", NEW."location_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."practitioner_id", NEW."price", NEW."public_id", NEW."room_id", NEW."series_id", NEW."service_id", NEW."source_ref", NEW."starts_at", NEW."status", NEW."version"); RETURN NULL;', hash='32b72b94051ae8b1eb712f3df00513535946cb56', operation='INSERT', pgid='pgtrigger_insert_insert_c80bd', table='bookings_appointment', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_appointmentevent" ("arrived_at", "booked_at", "booked_by_id", "busy", "cancel_reason", "cancelled_at", "cancelled_by", "client_id", "client_note", "completed_at", "created_at", "desk_note", "ends_at", "form_digest", "form_token", "held_by", "held_until", "id", "is_late_cancellation", "link_version", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practitioner_id", "price", "public_id", "room_id", "series_id", "service_id", "source_ref", "starts_at", "status", "version") VALUES (NEW."arrived_at", NEW."booked_at", NEW."booked_by_id", NEW."busy", NEW."cancel_reason", NEW."cancelled_at", NEW."cancelled_by", NEW."client_id", NEW."client_note", NEW."completed_at", NEW."created_at", NEW."desk_note", NEW."ends_at", NEW."form_digest", NEW."form_token", NEW."held_by", NEW."held_until", NEW."id", NEW."is_late_cancellation", NEW."link_version", NEW."location_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."practitioner_id", NEW."price", NEW."public_id", NEW."room_id", NEW."series_id", NEW."service_id", NEW."source_ref", NEW."starts_at", NEW."status", NEW."version"); RETURN NULL;', hash='cbdd67f8ecd70ba57319720d03bbce7a1cd44356', operation='UPDATE', pgid='pgtrigger_update_update_d685c', table='bookings_appointment', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='AppointmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.appointment')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('practitioner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.practitioner')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.location')),
                ('room', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.room')),
                ('service', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.service')),
                ('client', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.client')),
                ('series', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.series')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('busy', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('held', 'Kept for you'), ('booked', 'Booked'), ('arrived', 'Arrived'), ('started', 'In session'), ('completed', 'Done'), ('no_show', 'No-show'), ('cancelled', 'Cancelled')], max_length=10)),
                ('held_until', models.DateTimeField(blank=True, null=True)),
                ('held_by', models.CharField(blank=True, help_text='The visitor who holds it.', max_length=64)),
                ('price', models.DecimalField(decimal_places=2, max_digits=8)),
                ('client_note', models.CharField(blank=True, max_length=200)),
                ('desk_note', models.TextField(blank=True)),
                ('booked_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('booked_at', models.DateTimeField(blank=True, null=True)),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.CharField(blank=True, choices=[('client', 'the client'), ('clinic', 'the clinic')], max_length=10)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
                ('is_late_cancellation', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1, help_text='Raised by every change of time.')),
                ('link_version', models.PositiveIntegerField(default=1, help_text='Raising it kills old mail links.')),
                ('source_ref', models.CharField(blank=True, editable=False, help_text='What invited this booking.', max_length=80)),
                ('form_token', models.UUIDField(blank=True, editable=False, null=True)),
                ('form_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='A hold is kept from here on.')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='34550a090db1604d4cccca180cc578c87d91743d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ff544', table='bookings_appointmentevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='VisitChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='bookings.appointment')),
                ('event', models.CharField(choices=[('booked', 'Booked'), ('moved', 'Moved'), ('cancelled', 'Cancelled')], max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='practitioners.practitioner')),
                ('starts_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
                'indexes': [models.Index(fields=['at'], name='changes_by_time')],
                'constraints': [models.UniqueConstraint(fields=('appointment', 'event', 'version'), name='one_change_per_version')],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to=settings.AUTH_USER_MODEL)),
                ('kind', models.CharField(choices=[('staff', 'Sessions I give'), ('client', 'My sessions')], max_length=6)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'kind'), name='one_feed_per_login_and_kind')],
            },
        ),
        migrations.CreateModel(
            name='ClientMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.client')),
                ('absorbed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.client')),
                ('moved', models.JSONField(default=dict, help_text='Ids of rows by app, model and field.')),
                ('filled', models.JSONField(default=dict, help_text='What the kept entry lacked before.')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kept', models.F('absorbed')), _negated=True), name='merge_of_two'), models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('absorbed',), name='absorbed_once')],
            },
        ),
        migrations.CreateModel(
            name='SignInCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(max_length=254)),
                ('visitor', models.CharField(help_text='The browser session that asked.', max_length=64)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['visitor', '-created_at'], name='codes_of_visitor')],
            },
        ),
        migrations.CreateModel(
            name='WaitlistEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='bookings.client')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.service')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.location')),
                ('practitioner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.practitioner')),
                ('visit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='bookings.appointment')),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('part', models.CharField(blank=True, choices=[('', 'Any time of day'), ('morning', 'Morning, before 12'), ('afternoon', 'Afternoon, 12 to 5'), ('evening', 'Evening, from 5')], max_length=10)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('booked', 'Booked'), ('left', 'Left the list'), ('over', 'Over')], default='waiting', max_length=10)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name_plural': 'waiting list',
                'ordering': ['created_at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('status', 'waiting')), fields=['created_at'], name='waiting_in_line')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='waiting_last_after_first')],
            },
        ),
        migrations.CreateModel(
            name='WaitlistOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='bookings.waitlistentry')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.practitioner')),
                ('starts_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('open', 'Offered'), ('accepted', 'Taken'), ('declined', 'Not wanted'), ('expired', 'Ran out')], default='open', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('visit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.appointment')),
            ],
            options={
                'ordering': ['made_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('entry', 'practitioner', 'starts_at'), name='offered_once'), models.UniqueConstraint(condition=models.Q(('outcome', 'open')), fields=('entry',), name='one_open_offer')],
            },
        ),
    ]

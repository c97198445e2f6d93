import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import practitioners.models.places
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('practitioners', '0001_who_and_where'), ('practitioners', '0002_names_on_paper'), ('practitioners', '0003_longest_series')]

    initial = True

    dependencies = [
        ('clinic', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='BodyRegion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('loaded_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('is_paired', models.BooleanField(help_text='Unpaired regions lie on the midline.', verbose_name='has a left and a right')),
                ('view', models.CharField(choices=[('front', 'Front'), ('back', 'Back')], max_length=5)),
                ('group', models.CharField(max_length=30)),
                ('needs_extra_consent', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order from head to foot.')),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Technique',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('loaded_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('kind', models.CharField(choices=[('medical', 'Medical'), ('relaxation', 'Relaxation'), ('both', 'Medical or relaxation')], max_length=10)),
                ('summary', models.TextField(help_text='One or two honest sentences for visitors.')),
                ('suits', models.TextField(blank=True, verbose_name='who it suits')),
                ('pressure', models.CharField(choices=[('light', 'Light'), ('moderate', 'Moderate'), ('firm', 'Firm'), ('varies', 'Varies')], max_length=10)),
                ('typical_minutes', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('works_everywhere', models.BooleanField(default=False)),
                ('needs_training', models.BooleanField(default=False, help_text='A practitioner can be booked for it only with evidence on file.', verbose_name='needs evidence of extra training')),
                ('is_published', models.BooleanField(default=True)),
                ('body_regions', models.ManyToManyField(blank=True, related_name='techniques', to='practitioners.bodyregion')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Condition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('loaded_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('offer', models.CharField(choices=[('offer', 'Offered'), ('offer_with_care', 'Offered, with a safety line'), ('record_only', 'Only recorded, never marketed')], max_length=20)),
                ('summary', models.TextField(blank=True, help_text='Honest and short; no promise of a cure.')),
                ('safety_line', models.TextField(blank=True)),
                ('note_for_staff', models.TextField(blank=True)),
                ('icd10', models.CharField(blank=True, max_length=10, verbose_name='ICD-10 (WHO)')),
                ('icd10cm', models.CharField(blank=True, max_length=10, verbose_name='ICD-10-CM (US)')),
                ('affects_whole_body', models.BooleanField(default=False)),
                ('body_regions', models.ManyToManyField(blank=True, related_name='conditions', to='practitioners.bodyregion')),
                ('techniques', models.ManyToManyField(blank=True, related_name='conditions', to='practitioners.technique')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ClinicSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='Our clinic', max_length=80)),
                ('tagline', models.CharField(blank=True, max_length=120)),
                ('phone', models.CharField(blank=True, max_length=30)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('currency', models.CharField(default='GBP', max_length=3)),
                ('time_style', models.CharField(choices=[('12h', '10:15am'), ('24h', '10:15')], default='12h', max_length=3)),
                ('min_notice_minutes', models.PositiveIntegerField(default=240, help_text='Shortest time between booking and visit.')),
                ('horizon_days', models.PositiveSmallIntegerField(default=90, help_text='How far ahead clients may book.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(730)])),
                ('hold_minutes', models.PositiveSmallIntegerField(default=10)),
                ('hold_extension_minutes', models.PositiveSmallIntegerField(default=5)),
                ('max_open_bookings', models.PositiveSmallIntegerField(default=5)),
                ('longest_series', models.PositiveSmallIntegerField(default=6, help_text='Sessions that clients may book at once by themselves; 1: one at a time.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)], verbose_name='longest series online')),
                ('travel_minutes', models.PositiveSmallIntegerField(default=60, help_text='Between two locations of one practitioner on one day.')),
                ('packs_starts', models.BooleanField(default=False, help_text='Offer only starts that leave no unusable gap, where there are any.')),
                ('cancel_notice_hours', models.PositiveSmallIntegerField(default=24)),
                ('policy', models.TextField(blank=True, default='You can move or cancel free of charge up to 24 hours before your session.')),
                ('late_fee_text', models.CharField(blank=True, max_length=200)),
                ('prints_names', models.BooleanField(default=False, help_text="Print full names on the day's list; else initials only.")),
                ('short_gap_lead', models.PositiveSmallIntegerField(default=1)),
                ('short_gap_grace', models.PositiveSmallIntegerField(default=1)),
                ('medium_gap_lead', models.PositiveSmallIntegerField(default=2)),
                ('medium_gap_grace', models.PositiveSmallIntegerField(default=3)),
                ('long_gap_lead', models.PositiveSmallIntegerField(default=7)),
                ('long_gap_grace', models.PositiveSmallIntegerField(default=7)),
                ('min_lapsed_days', models.PositiveSmallIntegerField(default=14)),
                ('reminder_job_at', models.TimeField(default=datetime.time(9, 30))),
                ('send_opens_at', models.TimeField(default=datetime.time(9, 0))),
                ('send_closes_at', models.TimeField(default=datetime.time(19, 0))),
                ('days_between_follow_ups', models.PositiveSmallIntegerField(default=3)),
                ('test_mail_sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'clinic settings',
                'verbose_name_plural': 'clinic settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='only_one_clinic')],
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('kind', models.CharField(choices=[('medical', 'Medical'), ('relaxation', 'Relaxation')], max_length=10)),
                ('visit_type', models.CharField(choices=[('first', 'First visit'), ('follow_up', 'Follow-up'), ('any', 'Any visit')], default='any', max_length=10)),
                ('good_for', models.CharField(blank=True, help_text='One line for visitors.', max_length=160)),
                ('minutes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(480)])),
                ('price', models.DecimalField(decimal_places=2, max_digits=8, validators=[django.core.validators.MinValueValidator(0)])),
                ('turnover_before', models.PositiveSmallIntegerField(default=0, help_text='Minutes blocked before.', validators=[django.core.validators.MaxValueValidator(120)])),
                ('turnover_after', models.PositiveSmallIntegerField(default=0, help_text='Minutes blocked after.', validators=[django.core.validators.MaxValueValidator(120)])),
                ('start_grid', models.PositiveSmallIntegerField(default=15, help_text='Minutes between possible starts, counted from the start of the shift.', validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(240)], verbose_name='starts every')),
                ('min_notice_minutes', models.PositiveIntegerField(blank=True, help_text="Empty: the clinic's own notice.", null=True)),
                ('horizon_days', models.PositiveSmallIntegerField(blank=True, help_text="Empty: the clinic's own horizon.", null=True)),
                ('daily_limit', models.PositiveSmallIntegerField(blank=True, help_text='At most so many a day for one practitioner.', null=True)),
                ('needs_room', models.BooleanField(default=True)),
                ('is_published', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('techniques', models.ManyToManyField(related_name='services', to='practitioners.technique')),
            ],
            options={
                'ordering': ['position', 'name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes__range', (5, 480))), name='service_minutes', violation_error_message='A service takes between 5 and 480 minutes.'), models.CheckConstraint(condition=models.Q(('start_grid__range', (5, 240))), name='service_start_grid'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='service_price')],
            },
        ),
        migrations.CreateModel(
            name='Practitioner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='practitioner', to=settings.AUTH_USER_MODEL)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('title', models.CharField(blank=True, help_text='As printed under the name: Registered massage therapist.', max_length=120)),
                ('about', models.TextField(blank=True, help_text='At most 80 words.')),
                ('first_visit', models.TextField(blank=True, verbose_name='what a first visit is like')),
                ('photo', models.ImageField(blank=True, upload_to='practitioners/')),
                ('gender', models.CharField(blank=True, choices=[('woman', 'Woman'), ('man', 'Man'), ('other', 'Another gender')], max_length=10)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, help_text='English, Polish', size=None)),
                ('practising_since', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='practising since (year)')),
                ('is_active', models.BooleanField(default=True, help_text='Works here.')),
                ('is_bookable_online', models.BooleanField(default=True)),
                ('focus_areas', models.ManyToManyField(blank=True, related_name='practitioners', to='practitioners.condition')),
                ('services', models.ManyToManyField(blank=True, related_name='practitioners', to='practitioners.service')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='PractitionerTechnique',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='practitioners.practitioner')),
                ('technique', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='practitioners.technique')),
                ('certified_on', models.DateField(blank=True, null=True)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('evidence', models.CharField(blank=True, help_text='Course, hours and certificate number.', max_length=200)),
            ],
            options={
                'ordering': ['technique__name'],
                'constraints': [models.UniqueConstraint(fields=('practitioner', 'technique'), name='one_certificate_per_technique')],
            },
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credentials', to='practitioners.practitioner')),
                ('kind', models.CharField(choices=[('licence', 'Licence'), ('registration', 'Registration'), ('certificate', 'Certificate'), ('membership', 'Membership'), ('insurance', 'Insurance'), ('first_aid', 'First aid'), ('background_check', 'Background check')], max_length=20)),
                ('body', models.CharField(max_length=120, verbose_name='issuing body')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='title')),
                ('number', models.CharField(blank=True, max_length=60)),
                ('jurisdiction', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('active', 'Active'), ('pending', 'Pending'), ('suspended', 'Suspended'), ('surrendered', 'Surrendered')], default='active', max_length=20)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('expires_on', models.DateField(blank=True, help_text='The last valid day.', null=True)),
                ('training_hours', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('register_url', models.URLField(blank=True, verbose_name='link to the public register')),
                ('verified_on', models.DateField(blank=True, null=True)),
                ('verified_by', models.CharField(blank=True, max_length=120)),
                ('is_public', models.BooleanField(default=True, help_text='Shown on the profile.')),
            ],
            options={
                'ordering': ['kind', 'body'],
                'constraints': [models.CheckConstraint(condition=models.Q(('issued_on__isnull', True), ('expires_on__isnull', True), ('expires_on__gte', models.F('issued_on')), _connector='OR'), name='credential_expiry_not_before_issue', violation_error_message='It cannot expire before it was issued.')],
            },
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('time_zone', models.CharField(default='Europe/London', max_length=64, validators=[practitioners.models.places.check_zone])),
                ('address', models.TextField(blank=True)),
                ('phone', models.CharField(blank=True, max_length=30)),
                ('access_notes', models.TextField(blank=True, verbose_name='access and parking')),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='OpeningHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='opening_hours', to='practitioners.location')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')])),
                ('opens_at', models.TimeField()),
                ('closes_at', models.TimeField()),
            ],
            options={
                'verbose_name_plural': 'opening hours',
                'ordering': ['location', 'weekday', 'opens_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='opening_hours_end_after_start', violation_error_message='Closing time must be after opening time.'), models.CheckConstraint(condition=models.Q(('weekday__range', (1, 7))), name='opening_hours_weekday')],
            },
        ),
        migrations.CreateModel(
            name='Closure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('location', models.ForeignKey(blank=True, help_text='Leave empty for every location.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='closures', to='practitioners.location')),
                ('kind', models.CharField(choices=[('closed', 'Closed'), ('public_holiday', 'Public holiday')], default='closed', max_length=20)),
                ('name', models.CharField(max_length=80)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(help_text='The last closed day.')),
            ],
            options={
                'ordering': ['starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='closure_end_not_before_start', violation_error_message='The last day cannot be before the first.')],
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='practitioners.location')),
                ('name', models.CharField(max_length=60)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['location', 'name'],
                'constraints': [models.UniqueConstraint(fields=('location', 'name'), name='one_room_name_per_location')],
            },
        ),
        migrations.CreateModel(
            name='Availability',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='availability', to='practitioners.practitioner')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='availability', to='practitioners.location')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')])),
                ('starts_at', models.TimeField()),
                ('ends_at', models.TimeField()),
                ('valid_from', models.DateField(blank=True, help_text='First day it counts.', null=True)),
                ('valid_until', models.DateField(blank=True, help_text='Last day it counts.', null=True)),
            ],
            options={
                'verbose_name': 'weekly hours',
                'verbose_name_plural': 'weekly hours',
                'ordering': ['weekday', 'starts_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='availability_end_after_start', violation_error_message='The end must be after the start.'), models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='availability_valid_range', violation_error_message='The last day cannot be before the first.'), models.CheckConstraint(condition=models.Q(('weekday__range', (1, 7))), name='availability_weekday')],
            },
        ),
        migrations.CreateModel(
            name='ExtraHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extra_hours', to='practitioners.practitioner')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extra_hours', to='practitioners.location')),
                ('on', models.DateField(verbose_name='date')),
                ('starts_at', models.TimeField()),
                ('ends_at', models.TimeField()),
            ],
            options={
                'verbose_name_plural': 'extra hours',
                'ordering': ['on', 'starts_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='extra_hours_end_after_start', violation_error_message='The end must be after the start.')],
            },
        ),
        migrations.CreateModel(
            name='TimeOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='time_off', to='practitioners.practitioner')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, help_text='Seen by staff only.', max_length=120)),
            ],
            options={
                'verbose_name_plural': 'time off',
                'ordering': ['starts_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='time_off_end_after_start', violation_error_message='The end must be after the start.')],
            },
        ),
        migrations.AddField(
            model_name='Practitioner',
            name='techniques',
            field=models.ManyToManyField(related_name='practitioners', through='practitioners.PractitionerTechnique', to='practitioners.technique'),
        ),
    ]

import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import practitioners.schema
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('treatment_plans', '0001_assessments_and_plans'), ('treatment_plans', '0002_reviews'), ('treatment_plans', '0003_templates_agreements_reproposals'), ('treatment_plans', '0004_outcomes'), ('treatment_plans', '0005_names_for_clients'), ('treatment_plans', '0006_asking_before_visits'), ('treatment_plans', '0007_goals_have_a_measure'), ('treatment_plans', '0008_goals_told_apart_by_measure'), ('treatment_plans', '0009_aftercare')]

    initial = True

    dependencies = [
        ('bookings', '0002_messages_and_tasks'),
        ('clinic', '__first__'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('practitioners', '0001_specialists_and_places'),
    ]

    operations = [
        practitioners.schema.CreateModelAndTriggers(
            name='RecordAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='record_access', to='bookings.client')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='record_access', to=settings.AUTH_USER_MODEL)),
                ('what', models.CharField(help_text='The page: assessment, plan, client.', max_length=40)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'record access',
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['client', '-at'], name='access_of_client')],
                'triggers': [pgtrigger.compiler.Trigger(name='record_access_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='133f30769eaa24fd8683bdd935f65be1c07b1f17', operation='UPDATE OR DELETE', pgid='pgtrigger_record_access_stays_f7eee', table='treatment_plans_recordaccess', when='BEFORE'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='bookings.client')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='practitioners.practitioner')),
                ('appointment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assessment', to='bookings.appointment')),
                ('assessed_on', models.DateField()),
                ('complaint', models.TextField(max_length=4000, verbose_name="reason for coming, in the person's words")),
                ('onset_on', models.DateField(blank=True, null=True, verbose_name='when it began')),
                ('onset', models.CharField(blank=True, choices=[('sudden', 'Sudden'), ('gradual', 'Gradual')], max_length=10, verbose_name='how it began')),
                ('cause', models.CharField(blank=True, max_length=300)),
                ('is_recurrent', models.BooleanField(blank=True, null=True, verbose_name='has had it before')),
                ('aggravating', models.TextField(blank=True, max_length=2000, verbose_name='what makes it worse')),
                ('easing', models.TextField(blank=True, max_length=2000, verbose_name='what eases it')),
                ('pain_now', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('pain_worst', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('pain_average', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('day_pattern', models.TextField(blank=True, max_length=2000, verbose_name='pattern over 24 hours')),
                ('observation', models.TextField(blank=True, max_length=4000, verbose_name='observation and palpation')),
                ('reported_diagnosis', models.CharField(blank=True, max_length=300)),
                ('clinical_impression', models.TextField(blank=True, max_length=4000)),
                ('agreed_goals', models.TextField(blank=True, max_length=2000)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['-assessed_on', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('pain_now__isnull', True), ('pain_now__lte', 10), _connector='OR'), models.Q(('pain_worst__isnull', True), ('pain_worst__lte', 10), _connector='OR'), models.Q(('pain_average__isnull', True), ('pain_average__lte', 10), _connector='OR')), name='pain_zero_to_ten')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "treatment_plans_assessmentevent" ("aggravating", "agreed_goals", "appointment_id", "assessed_on", "cause", "changed_at", "client_id", "clinical_impression", "complaint", "created_at", "day_pattern", "easing", "id", "is_recurrent", "observation", "onset", "onset_on", "pain_average", "pain_now", "pain_worst", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practitioner_id", "public_id", "reported_diagnosis", "version") VALUES (NEW."aggravating", NEW."agreed_goals", NEW."appointment_id", NEW."assessed_on", NEW."cause", NEW."changed_at", NEW."client_id", NEW."clinical_impression", NEW."complaint", NEW."created_at", NEW."day_pattern", NEW."easing", NEW."id", NEW."is_recurrent", NEW."observation", NEW."onset", NEW."onset_on", NEW."pain_average", NEW."pain_now", NEW."pain_worst", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."practitioner_id", NEW."public_id", NEW."reported_diagnosis", NEW."version"); RETURN NULL;', hash='f5e305bb6725823979eb6a29d3b26bf34794be1a', operation='INSERT', pgid='pgtrigger_insert_insert_cc491', table='treatment_plans_assessment', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "treatment_plans_assessmentevent" ("aggravating", "agreed_goals", "appointment_id", "assessed_on", "cause", "changed_at", "client_id", "clinical_impression", "complaint", "created_at", "day_pattern", "easing", "id", "is_recurrent", "observation", "onset", "onset_on", "pain_average", "pain_now", "pain_worst", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practitioner_id", "public_id", "reported_diagnosis", "version") VALUES (NEW."aggravating", NEW."agreed_goals", NEW."appointment_id", NEW."assessed_on", NEW."cause", NEW."changed_at", NEW."client_id", NEW."clinical_impression", NEW."complaint", NEW."created_at", NEW."day_pattern", NEW."easing", NEW."id", NEW."is_recurrent", NEW."observation", NEW."onset", NEW."onset_on", NEW."pain_average", NEW."pain_now", NEW."pain_worst", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."practitioner_id", NEW."public_id", NEW."reported_diagnosis", NEW."version"); RETURN NULL;', hash='6122c04f37a6937ad1fa98a643077233c23e3db2', operation='UPDATE', pgid='pgtrigger_update_update_eefa4', table='treatment_plans_assessment', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='AssessmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='treatment_plans.assessment')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('client', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.client')),
                ('practitioner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.practitioner')),
                ('appointment', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.appointment')),
                ('assessed_on', models.DateField()),
                ('complaint', models.TextField(max_length=4000, verbose_name="reason for coming, in the person's words")),
                ('onset_on', models.DateField(blank=True, null=True, verbose_name='when it began')),
                ('onset', models.CharField(blank=True, choices=[('sudden', 'Sudden'), ('gradual', 'Gradual')], max_length=10, verbose_name='how it began')),
                ('cause', models.CharField(blank=True, max_length=300)),
                ('is_recurrent', models.BooleanField(blank=True, null=True, verbose_name='has had it before')),
                ('aggravating', models.TextField(blank=True, max_length=2000, verbose_name='what makes it worse')),
                ('easing', models.TextField(blank=True, max_length=2000, verbose_name='what eases it')),
                ('pain_now', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('pain_worst', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('pain_average', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('day_pattern', models.TextField(blank=True, max_length=2000, verbose_name='pattern over 24 hours')),
                ('observation', models.TextField(blank=True, max_length=4000, verbose_name='observation and palpation')),
                ('reported_diagnosis', models.CharField(blank=True, max_length=300)),
                ('clinical_impression', models.TextField(blank=True, max_length=4000)),
                ('agreed_goals', models.TextField(blank=True, max_length=2000)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7c7c76d786de2fbeaeb58b425254481d59d55a14', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9ab81', table='treatment_plans_assessmentevent', when='BEFORE'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='BodyMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='treatment_plans.assessment')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='practitioners.bodyregion')),
                ('side', models.CharField(choices=[('left', 'Left'), ('right', 'Right'), ('midline', 'Midline')], max_length=7)),
                ('symptom', models.CharField(choices=[('pain', 'Pain'), ('ache', 'Ache'), ('numb', 'Numb'), ('tingling', 'Tingling'), ('stiff', 'Stiff'), ('swollen', 'Swollen'), ('skin', 'Bruise or skin change'), ('scar', 'Scar')], default='pain', max_length=10)),
                ('intensity', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('quality', models.CharField(blank=True, max_length=60)),
                ('is_deep', models.BooleanField(blank=True, null=True)),
                ('radiates_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practitioners.bodyregion')),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['region__position', 'side'],
                'constraints': [models.UniqueConstraint(fields=('assessment', 'region', 'side', 'symptom'), name='one_mark_per_symptom'), models.CheckConstraint(condition=models.Q(('intensity__isnull', True), ('intensity__lte', 10), _connector='OR'), name='mark_zero_to_ten')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "treatment_plans_bodymarkevent" ("assessment_id", "id", "intensity", "is_deep", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quality", "radiates_to_id", "region_id", "side", "symptom") VALUES (NEW."assessment_id", NEW."id", NEW."intensity", NEW."is_deep", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quality", NEW."radiates_to_id", NEW."region_id", NEW."side", NEW."symptom"); RETURN NULL;', hash='c2b0489f4a687ec2278b9328ce801f373f7496af', operation='INSERT', pgid='pgtrigger_insert_insert_b4f22', table='treatment_plans_bodymark', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "treatment_plans_bodymarkevent" ("assessment_id", "id", "intensity", "is_deep", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quality", "radiates_to_id", "region_id", "side", "symptom") VALUES (NEW."assessment_id", NEW."id", NEW."intensity", NEW."is_deep", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quality", NEW."radiates_to_id", NEW."region_id", NEW."side", NEW."symptom"); RETURN NULL;', hash='00ea8a031218b2a26831a9e45ff1f5d50919f211', operation='UPDATE', pgid='pgtrigger_update_update_30a1b', table='treatment_plans_bodymark', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='BodyMarkEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='treatment_plans.bodymark')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('assessment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='treatment_plans.assessment')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.bodyregion')),
                ('side', models.CharField(choices=[('left', 'Left'), ('right', 'Right'), ('midline', 'Midline')], max_length=7)),
                ('symptom', models.CharField(choices=[('pain', 'Pain'), ('ache', 'Ache'), ('numb', 'Numb'), ('tingling', 'Tingling'), ('stiff', 'Stiff'), ('swollen', 'Swollen'), ('skin', 'Bruise or skin change'), ('scar', 'Scar')], default='pain', max_length=10)),
                ('intensity', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('quality', models.CharField(blank=True, max_length=60)),
                ('is_deep', models.BooleanField(blank=True, null=True)),
                ('radiates_to', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practitioners.bodyregion')),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bb7eb584dc912df15d5588d4db025a4613f59f32', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_de127', table='treatment_plans_bodymarkevent', when='BEFORE'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='RomMeasurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rom', to='treatment_plans.assessment')),
                ('joint', models.CharField(max_length=30)),
                ('movement', models.CharField(max_length=30)),
                ('side', models.CharField(choices=[('left', 'Left'), ('right', 'Right'), ('midline', 'Midline')], max_length=7)),
                ('motion', models.CharField(choices=[('active', 'Active'), ('passive', 'Passive')], default='active', max_length=10)),
                ('degrees', models.SmallIntegerField(validators=[django.core.validators.MinValueValidator(-30), django.core.validators.MaxValueValidator(180)])),
                ('end_feel', models.CharField(blank=True, choices=[('soft', 'Soft'), ('firm', 'Firm'), ('hard', 'Hard'), ('spasm', 'Spasm'), ('empty', 'Empty')], max_length=10)),
                ('has_pain', models.BooleanField(blank=True, null=True, verbose_name='pain on movement')),
            ],
            options={
                'ordering': ['joint', 'movement', 'side'],
                'constraints': [models.UniqueConstraint(fields=('assessment', 'joint', 'movement', 'side', 'motion'), name='one_measurement_per_movement'), models.CheckConstraint(condition=models.Q(('degrees__range', (-30, 180))), name='rom_minus_30_to_180')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "treatment_plans_rommeasurementevent" ("assessment_id", "degrees", "end_feel", "has_pain", "id", "joint", "motion", "movement", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "side") VALUES (NEW."assessment_id", NEW."degrees", NEW."end_feel", NEW."has_pain", NEW."id", NEW."joint", NEW."motion", NEW."movement", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."side"); RETURN NULL;', hash='18abdf739e0429d09af238e563194a18ff21e426', operation='INSERT', pgid='pgtrigger_insert_insert_e9dc0', table='treatment_plans_rommeasurement', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "treatment_plans_rommeasurementevent" ("assessment_id", "degrees", "end_feel", "has_pain", "id", "joint", "motion", "movement", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "side") VALUES (NEW."assessment_id", NEW."degrees", NEW."end_feel", NEW."has_pain", NEW."id", NEW."joint", NEW."motion", NEW."movement", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."side"); RETURN NULL;', hash='c4908e0ce88c72e2b305a1d5331af6bdf2dd17c7', operation='UPDATE', pgid='pgtrigger_update_update_46c68', table='treatment_plans_rommeasurement', when='AFTER'))],
            },
        ),
        practitioners.schema.CreateModelAndTriggers(
            name='RomMeasurementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='treatment_plans.rommeasurement')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('assessment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='treatment_plans.assessment')),
                ('joint', models.CharField(max_length=30)),
                ('movement', models.CharField(max_length=30)),
                ('side', models.CharField(choices=[('left', 'Left'), ('right', 'Right'), ('midline', 'Midline')], max_length=7)),
                ('motion', models.CharField(choices=[('active', 'Active'), ('passive', 'Passive')], default='active', max_length=10)),
                ('degrees', models.SmallIntegerField(validators=[django.core.validators.MinValueValidator(-30), django.core.validators.MaxValueValidator(180)])),
                ('end_feel', models.CharField(blank=True, choices=[('soft', 'Soft'), ('firm', 'Firm'), ('hard', 'Hard'), ('spasm', 'Spasm'), ('empty', 'Empty')], max_length=10)),
                ('has_pain', models.BooleanField(blank=True, null=True, verbose_name='pain on movement')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d95fe61f534176d82afd2f40b8f532af9780534b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7cc1e', table='treatment_plans_rommeasurementevent', when='BEFORE'))],
            },
        ),
    ]

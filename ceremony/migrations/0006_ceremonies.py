"""Ceremonies: their states, manifests, sign-offs, checklists, halts and reports.

All but the ceremony's own row is evidence and takes no UPDATE, DELETE or TRUNCATE (see 0002).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


EVIDENCE = (
    "blob",
    "transition",
    "storedmanifest",
    "signoff",
    "spending",
    "ceremonyrun",
    "judgeditem",
    "haltstep",
    "remark",
    "storedreport",
)

APPEND_ONLY = """
CREATE TRIGGER append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_statement;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row;
"""

DROP_APPEND_ONLY = """
DROP TRIGGER append_only_statement ON {table};
DROP TRIGGER append_only_row ON {table};
"""

# The table of core.states, as it was when this was released; a test compares the two.
LEADS_TO = """
CREATE FUNCTION ceremony_leads_to(state text, act text) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT legal.next FROM (VALUES
        ('draft', 'request', 'requested'),
        ('requested', 'request', 'requested'),
        ('changes requested', 'request', 'requested'),
        ('approved', 'request', 'requested'),
        ('halted', 'request', 'requested'),
        ('requested', 'request changes', 'changes requested'),
        ('approved', 'request changes', 'changes requested'),
        ('requested', 'approve', 'approved'),
        ('approved', 'withdraw', 'requested'),
        ('requested', 'reject', 'rejected'),
        ('changes requested', 'reject', 'rejected'),
        ('approved', 'reject', 'rejected'),
        ('draft', 'cancel', 'cancelled'),
        ('requested', 'cancel', 'cancelled'),
        ('changes requested', 'cancel', 'cancelled'),
        ('approved', 'cancel', 'cancelled'),
        ('requested', 'expire', 'expired'),
        ('changes requested', 'expire', 'expired'),
        ('approved', 'expire', 'expired'),
        ('requested', 'call off', 'halted'),
        ('changes requested', 'call off', 'halted'),
        ('approved', 'call off', 'halted'),
        ('approved', 'start', 'running'),
        ('draft', 'override', 'running'),
        ('requested', 'override', 'running'),
        ('changes requested', 'override', 'running'),
        ('approved', 'override', 'running'),
        ('running', 'finish', 'verifying'),
        ('verifying', 'verify', 'awaiting sign-off'),
        ('running', 'halt', 'halted'),
        ('verifying', 'halt', 'halted'),
        ('awaiting sign-off', 'halt', 'halted'),
        ('halted', 'accept as is', 'verifying'),
        ('halted', 'roll back', 'rolled back'),
        ('awaiting sign-off', 'sign off', 'signed off')
    ) AS legal (state, act, next)
    WHERE legal.state = $1 AND legal.act = $2
$$;
"""

# The functions name their tables through the trigger's own schema: search_path may be anything.
# A transition stands only together with its event and, once committed, with the ceremony's row: so the transition that
# an UPDATE of that row finds can only be one of its own transaction.
TRANSITION_LEGAL = """
CREATE FUNCTION ceremony_transition_legal() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    legal boolean;
BEGIN
    EXECUTE format($q$
        SELECT c.state = $1.before AND c.transitions + 1 = $1.number
            AND %1$I.ceremony_leads_to($1.before, $1.act) = $1.after
        FROM %1$I.ceremony_ceremony c WHERE c.id = $1.ceremony_id FOR UPDATE
    $q$, TG_TABLE_SCHEMA) INTO legal USING NEW;
    IF legal IS NOT TRUE THEN
        RAISE EXCEPTION 'ceremony_transition: no act % leads from % to % here', NEW.act, NEW.before, NEW.after
            USING ERRCODE = 'restrict_violation', HINT = 'A ceremony changes by the acts of its table only.';
    END IF;
    EXECUTE format($q$
        SELECT EXISTS (
            SELECT FROM %I.ceremony_auditevent e
            WHERE e.sequence = $1.event AND e.actor = $1.actor
                AND e.payload::jsonb -> 'detail' @> jsonb_build_object(
                    'ceremony', $1.ceremony_id, 'transition', $1.number,
                    'act', $1.act, 'before', $1.before, 'after', $1.after)
        )
    $q$, TG_TABLE_SCHEMA) INTO legal USING NEW;
    IF NOT legal THEN
        RAISE EXCEPTION 'ceremony_transition: no event of the audit trail tells of it'
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Events are written by the application, in the same transaction.';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION ceremony_transition_taken() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    taken boolean;
BEGIN
    EXECUTE format($q$
        SELECT c.transitions >= $1.number FROM %I.ceremony_ceremony c WHERE c.id = $1.ceremony_id
    $q$, TG_TABLE_SCHEMA) INTO taken USING NEW;
    IF taken IS NOT TRUE THEN
        RAISE EXCEPTION 'ceremony_transition: its ceremony did not move'
            USING ERRCODE = 'restrict_violation', HINT = 'A transition and its ceremony change together.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER legal_only BEFORE INSERT ON ceremony_transition
    FOR EACH ROW EXECUTE FUNCTION ceremony_transition_legal();
CREATE CONSTRAINT TRIGGER taken AFTER INSERT ON ceremony_transition DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ceremony_transition_taken();
ALTER TABLE ceremony_transition ENABLE ALWAYS TRIGGER legal_only;
ALTER TABLE ceremony_transition ENABLE ALWAYS TRIGGER taken;
"""

CEREMONY_GUARDED = """
CREATE FUNCTION ceremony_ceremony_begins() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.round <> 0 OR NEW.transitions <> 0 OR NEW.fingerprint <> '' OR NEW.overridden THEN
        RAISE EXCEPTION 'ceremony_ceremony: a ceremony begins as a draft'
            USING ERRCODE = 'restrict_violation', HINT = 'A ceremony changes by the acts of its table only.';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION ceremony_ceremony_moves() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    by_act text;
    same_round boolean;
    has_manifest boolean;
BEGIN
    EXECUTE format($q$
        SELECT t.act FROM %I.ceremony_transition t
        WHERE t.ceremony_id = $1.id AND t.number = $1.transitions AND $1.transitions = $2.transitions + 1
            AND t.before = $2.state AND t.after = $1.state AND t.at = $1.changed_at
    $q$, TG_TABLE_SCHEMA) INTO by_act USING NEW, OLD;
    IF by_act IS NULL
        OR (NEW.id, NEW.target_id, NEW.series, NEW.direction, NEW.environment, NEW.requester,
            NEW.requested_by_id, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.target_id, OLD.series, OLD.direction, OLD.environment, OLD.requester,
            OLD.requested_by_id, OLD.created_at)
        OR NEW.overridden <> (OLD.overridden OR by_act = 'override')
    THEN
        RAISE EXCEPTION 'ceremony_ceremony: a change without a legal transition is refused'
            USING ERRCODE = 'restrict_violation', HINT = 'A ceremony changes by the acts of its table only.';
    END IF;
    same_round := (NEW.title, NEW.policy, NEW.risk, NEW.authors, NEW.round, NEW.fingerprint, NEW.expires_at)
        IS NOT DISTINCT FROM
        (OLD.title, OLD.policy, OLD.risk, OLD.authors, OLD.round, OLD.fingerprint, OLD.expires_at);
    IF same_round AND by_act <> 'request' THEN
        RETURN NEW;
    END IF;
    EXECUTE format($q$
        SELECT EXISTS (
            SELECT FROM %I.ceremony_storedmanifest m
            WHERE m.ceremony_id = $1.id AND m.round = $1.round AND m.fingerprint = $1.fingerprint
        )
    $q$, TG_TABLE_SCHEMA) INTO has_manifest USING NEW;
    IF by_act NOT IN ('request', 'override') OR NEW.round <> OLD.round + 1 OR NOT has_manifest THEN
        RAISE EXCEPTION 'ceremony_ceremony: a new round needs its request and its manifest'
            USING ERRCODE = 'restrict_violation', HINT = 'A ceremony changes by the acts of its table only.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER begins BEFORE INSERT ON ceremony_ceremony
    FOR EACH ROW EXECUTE FUNCTION ceremony_ceremony_begins();
CREATE TRIGGER moves BEFORE UPDATE ON ceremony_ceremony
    FOR EACH ROW EXECUTE FUNCTION ceremony_ceremony_moves();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON ceremony_ceremony
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
CREATE TRIGGER kept_row BEFORE DELETE ON ceremony_ceremony
    FOR EACH ROW EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE ceremony_ceremony ENABLE ALWAYS TRIGGER begins;
ALTER TABLE ceremony_ceremony ENABLE ALWAYS TRIGGER moves;
ALTER TABLE ceremony_ceremony ENABLE ALWAYS TRIGGER kept;
ALTER TABLE ceremony_ceremony ENABLE ALWAYS TRIGGER kept_row;
"""

# Who signs a round that is over, or an act whose time is over, signs nothing.
SIGNED_IN_TIME = """
CREATE FUNCTION ceremony_signoff_in_time() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found record;
    told boolean;
BEGIN
    EXECUTE format($q$
        SELECT c.id, c.state, c.overridden, c.fingerprint = m.fingerprint AS newest
        FROM %1$I.ceremony_storedmanifest m JOIN %1$I.ceremony_ceremony c ON c.id = m.ceremony_id
        WHERE m.id = $1.manifest_id FOR SHARE OF c
    $q$, TG_TABLE_SCHEMA) INTO found USING NEW;
    IF found.newest IS NOT TRUE OR NOT (CASE NEW.purpose
        WHEN 'approval' THEN found.state IN ('requested', 'approved')
            OR found.state = 'changes requested' AND NEW.decision IN ('comment', 'withdraw', 'reject')
        WHEN 'acceptance' THEN found.state = 'awaiting sign-off'
        WHEN 'decision' THEN found.state = 'halted'
        WHEN 'review' THEN found.overridden
        ELSE false
    END) THEN
        RAISE EXCEPTION 'ceremony_signoff: nothing is to be signed here (%, %)', NEW.purpose, NEW.decision
            USING ERRCODE = 'restrict_violation', HINT = 'Sign-offs are for the newest round, while it asks for them.';
    END IF;
    EXECUTE format($q$
        SELECT EXISTS (
            SELECT FROM %I.ceremony_auditevent e
            WHERE e.sequence = $1.event AND e.actor = $1.username
                AND e.payload::jsonb -> 'detail' @> jsonb_build_object('ceremony', $2)
        )
    $q$, TG_TABLE_SCHEMA) INTO told USING NEW, found.id;
    IF NOT told THEN
        RAISE EXCEPTION 'ceremony_signoff: no event of the audit trail tells of it'
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Events are written by the application, in the same transaction.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER in_time BEFORE INSERT ON ceremony_signoff
    FOR EACH ROW EXECUTE FUNCTION ceremony_signoff_in_time();
ALTER TABLE ceremony_signoff ENABLE ALWAYS TRIGGER in_time;
"""

SPENT_IN_TIME = """
CREATE FUNCTION ceremony_spending_in_time() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    spendable boolean;
BEGIN
    EXECUTE format($q$
        SELECT c.fingerprint = m.fingerprint AND c.state IN ('approved', 'running')
        FROM %1$I.ceremony_storedmanifest m JOIN %1$I.ceremony_ceremony c ON c.id = m.ceremony_id
        WHERE m.id = $1.manifest_id FOR SHARE OF c
    $q$, TG_TABLE_SCHEMA) INTO spendable USING NEW;
    IF spendable IS NOT TRUE THEN
        RAISE EXCEPTION 'ceremony_spending: there is no approval to spend'
            USING ERRCODE = 'restrict_violation', HINT = 'An approval is spent once, by the run it lets through.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER in_time BEFORE INSERT ON ceremony_spending
    FOR EACH ROW EXECUTE FUNCTION ceremony_spending_in_time();
ALTER TABLE ceremony_spending ENABLE ALWAYS TRIGGER in_time;
"""

GUARDS = (
    (LEADS_TO, "DROP FUNCTION ceremony_leads_to(text, text);"),
    (
        TRANSITION_LEGAL,
        "DROP TRIGGER legal_only ON ceremony_transition; DROP TRIGGER taken ON ceremony_transition;"
        " DROP FUNCTION ceremony_transition_legal(), ceremony_transition_taken();",
    ),
    (
        CEREMONY_GUARDED,
        "DROP TRIGGER begins ON ceremony_ceremony; DROP TRIGGER moves ON ceremony_ceremony;"
        " DROP TRIGGER kept ON ceremony_ceremony; DROP TRIGGER kept_row ON ceremony_ceremony;"
        " DROP FUNCTION ceremony_ceremony_begins(), ceremony_ceremony_moves();",
    ),
    (
        SIGNED_IN_TIME,
        "DROP TRIGGER in_time ON ceremony_signoff; DROP FUNCTION ceremony_signoff_in_time();",
    ),
    (
        SPENT_IN_TIME,
        "DROP TRIGGER in_time ON ceremony_spending; DROP FUNCTION ceremony_spending_in_time();",
    ),
)


class Migration(migrations.Migration):

    dependencies = [
        ('ceremony', '0005_run_kinds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('digest', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StoredManifest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveIntegerField()),
                ('fingerprint', models.CharField(max_length=80, unique=True)),
                ('document', models.TextField()),
                ('asked', models.JSONField(default=dict)),
                ('why', models.TextField(blank=True)),
                ('made_by', models.CharField(max_length=255)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['ceremony_id', 'round'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('apply', 'apply'), ('roll back', 'roll back'), ('verify', 'verify'), ('reconcile', 'reconcile'), ('baseline', 'baseline'), ('retire', 'retire'), ('watch', 'watch')], max_length=20),
        ),
        migrations.CreateModel(
            name='Ceremony',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(max_length=100)),
                ('direction', models.CharField(choices=[('apply', 'apply'), ('roll back', 'roll back')], max_length=20)),
                ('title', models.CharField(max_length=300)),
                ('environment', models.CharField(max_length=100)),
                ('policy', models.CharField(max_length=100)),
                ('risk', models.CharField(blank=True, max_length=10)),
                ('authors', models.JSONField(default=list)),
                ('requester', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField(db_index=True)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], default='draft', max_length=20)),
                ('round', models.PositiveIntegerField(default=0)),
                ('fingerprint', models.CharField(blank=True, db_index=True, max_length=80)),
                ('transitions', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('overridden', models.BooleanField(default=False)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ceremonies', to='ceremony.target')),
            ],
            options={
                'verbose_name_plural': 'ceremonies',
                'ordering': ['-id'],
                'permissions': [('request_ceremony', 'Can request a ceremony'), ('sign_ceremony', 'Can sign: approve before a run, accept after it'), ('run_ceremony', 'Can run an approved ceremony'), ('halt_ceremony', 'Can halt, and decide about a halt'), ('override_ceremony', 'Can run without an approval (break-glass)')],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='HaltStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('halt', models.UUIDField(db_index=True)),
                ('station', models.CharField(choices=[('stop', 'stop'), ('assess', 'assess'), ('decide', 'decide'), ('execute', 'execute'), ('document', 'document'), ('lift', 'lift')], max_length=10)),
                ('condition', models.CharField(blank=True, max_length=100)),
                ('decision', models.CharField(blank=True, max_length=20)),
                ('text', models.TextField()),
                ('detail', models.JSONField(default=dict)),
                ('by', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('ledger_sequence', models.PositiveBigIntegerField(default=0)),
                ('ceremony', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='halts', to='ceremony.ceremony')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='halts', to='ceremony.target')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issue', 'issue met'), ('lesson', 'lesson learned'), ('recommendation', 'recommendation')], max_length=20)),
                ('text', models.TextField()),
                ('by', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='ceremony.ceremony')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('manifest', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='spending', serialize=False, to='ceremony.storedmanifest')),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='storedmanifest',
            name='ceremony',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='manifests', to='ceremony.ceremony'),
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('approval', 'approval'), ('acceptance', 'acceptance'), ('decision', 'decision'), ('review', 'review')], max_length=20)),
                ('decision', models.CharField(choices=[('comment', 'comment'), ('approve', 'approve'), ('request changes', 'request changes'), ('reject', 'reject'), ('withdraw', 'withdraw')], max_length=20)),
                ('subject', models.CharField(max_length=80)),
                ('username', models.CharField(max_length=255)),
                ('groups', models.JSONField(default=list)),
                ('meaning', models.TextField()),
                ('comment', models.TextField(blank=True)),
                ('accepted', models.JSONField(default=list)),
                ('reauthenticated', models.BooleanField(default=False)),
                ('signed_at', models.DateTimeField()),
                ('event', models.PositiveBigIntegerField(unique=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='JudgedItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phase', models.CharField(choices=[('pre-flight', 'pre-flight'), ('verification', 'verification'), ('acceptance', 'acceptance')], max_length=20)),
                ('item', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('kind', models.CharField(choices=[('automatic', 'automatic'), ('human', 'human')], max_length=10)),
                ('result', models.CharField(choices=[('PASS', 'PASS'), ('FAIL', 'FAIL'), ('WAIVED', 'WAIVED'), ('NOT RUN', 'NOT RUN')], max_length=10)),
                ('explanation', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=dict)),
                ('by', models.CharField(blank=True, max_length=255)),
                ('at', models.DateTimeField()),
                ('blob', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ceremony.blob')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='CeremonyRun',
            fields=[
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='in_ceremony', serialize=False, to='ceremony.run')),
                ('purpose', models.CharField(choices=[('change', 'change'), ('override', 'override'), ('way back', 'way back'), ('watch', 'watch')], max_length=20)),
                ('reason', models.TextField(blank=True)),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='ceremony.ceremony')),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['run_id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StoredReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('document', models.TextField()),
                ('digest', models.CharField(max_length=80)),
                ('made_by', models.CharField(max_length=255)),
                ('made_at', models.DateTimeField()),
                ('ceremony', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='ceremony.ceremony')),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Transition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('act', models.CharField(choices=[('request', 'request'), ('request changes', 'request changes'), ('approve', 'approve'), ('withdraw', 'withdraw'), ('reject', 'reject'), ('cancel', 'cancel'), ('expire', 'expire'), ('call off', 'call off'), ('start', 'start'), ('override', 'override'), ('finish', 'finish'), ('verify', 'verify'), ('halt', 'halt'), ('accept as is', 'accept as is'), ('roll back', 'roll back'), ('sign off', 'sign off')], max_length=20)),
                ('before', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], max_length=20)),
                ('after', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], max_length=20)),
                ('actor', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('event', models.PositiveBigIntegerField()),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='ceremony.ceremony')),
            ],
            options={
                'ordering': ['ceremony_id', 'number'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AddIndex(
            model_name='ceremony',
            index=models.Index(fields=['target', 'state'], name='ceremony_ceremony_open'),
        ),
        migrations.AddIndex(
            model_name='ceremony',
            index=models.Index(fields=['state', '-id'], name='ceremony_ceremony_state'),
        ),
        migrations.AddConstraint(
            model_name='haltstep',
            constraint=models.UniqueConstraint(condition=models.Q(('station__in', ['stop', 'lift'])), fields=('halt', 'station'), name='ceremony_halt_begins_and_ends_once'),
        ),
        migrations.AddField(
            model_name='spending',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='spending', to='ceremony.run'),
        ),
        migrations.AddConstraint(
            model_name='storedmanifest',
            constraint=models.UniqueConstraint(fields=('ceremony', 'round'), name='ceremony_manifest_round'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', 'comment'), _negated=True), fields=('manifest', 'purpose', 'subject', 'user', 'decision'), name='ceremony_signoff_once'),
        ),
        migrations.AddIndex(
            model_name='judgeditem',
            index=models.Index(fields=['manifest', 'phase', 'item', '-id'], name='ceremony_item_newest'),
        ),
        migrations.AddConstraint(
            model_name='transition',
            constraint=models.UniqueConstraint(fields=('ceremony', 'number'), name='ceremony_transition_number'),
        ),
        *(
            migrations.RunSQL(
                APPEND_ONLY.format(table=f"ceremony_{table}"),
                DROP_APPEND_ONLY.format(table=f"ceremony_{table}"),
            )
            for table in EVIDENCE
        ),
        *(migrations.RunSQL(made, dropped) for made, dropped in GUARDS),
    ]

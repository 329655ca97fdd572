"""The database itself refuses to change the split, what answered when, and what was frozen."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("learning", "0004_refusals_and_losses")]
    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION learning_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a row of % is never changed or deleted', TG_TABLE_NAME;
            END $$;
            CREATE TRIGGER slide_part_is_final BEFORE UPDATE OR DELETE ON learning_slidepart
                FOR EACH ROW EXECUTE FUNCTION learning_refuse_change();
            CREATE TRIGGER activation_is_append_only BEFORE UPDATE OR DELETE ON learning_activation
                FOR EACH ROW EXECUTE FUNCTION learning_refuse_change();
            CREATE TRIGGER snapshot_is_kept BEFORE DELETE ON learning_datasetsnapshot
                FOR EACH ROW EXECUTE FUNCTION learning_refuse_change();
            -- What its patches hash to is added once, when they were cut.
            CREATE TRIGGER snapshot_is_frozen BEFORE UPDATE ON learning_datasetsnapshot
                FOR EACH ROW WHEN (
                    to_jsonb(OLD) - 'patches_sha256' IS DISTINCT FROM to_jsonb(NEW) - 'patches_sha256'
                    OR OLD.patches_sha256 NOT IN ('', NEW.patches_sha256)
                ) EXECUTE FUNCTION learning_refuse_change();
            """,
            reverse_sql="""
            DROP TRIGGER snapshot_is_frozen ON learning_datasetsnapshot;
            DROP TRIGGER snapshot_is_kept ON learning_datasetsnapshot;
            DROP TRIGGER activation_is_append_only ON learning_activation;
            DROP TRIGGER slide_part_is_final ON learning_slidepart;
            DROP FUNCTION learning_refuse_change();
            """,
        )
    ]

"""Revisions are append-only: the database itself refuses to change or delete one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotations", "0002_initial")]
    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION refuse_change_of_revision() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a revision is never changed or deleted';
            END $$;
            CREATE TRIGGER revision_is_append_only BEFORE UPDATE OR DELETE ON annotations_revision
                FOR EACH ROW EXECUTE FUNCTION refuse_change_of_revision();
            """,
            reverse_sql="""
            DROP TRIGGER revision_is_append_only ON annotations_revision;
            DROP FUNCTION refuse_change_of_revision();
            """,
        )
    ]

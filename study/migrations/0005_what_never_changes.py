"""The database itself refuses to change a frozen protocol or an event, whoever asks."""

from typing import Any

from django.db import migrations

_FROZEN = ("study_id", "number", "protocol", "protocol_sha256", "allocation_seed", "is_pilot", "frozen_at")

_SQLITE = [
    f"""CREATE TRIGGER version_is_frozen BEFORE UPDATE OF {", ".join(_FROZEN)} ON study_version
        BEGIN SELECT RAISE(ABORT, 'a frozen version cannot be changed'); END""",
    """CREATE TRIGGER version_stays BEFORE DELETE ON study_version
        BEGIN SELECT RAISE(ABORT, 'a frozen version cannot be deleted'); END""",
    """CREATE TRIGGER event_is_final BEFORE UPDATE ON study_event
        BEGIN SELECT RAISE(ABORT, 'an event cannot be changed'); END""",
    """CREATE TRIGGER event_stays BEFORE DELETE ON study_event
        BEGIN SELECT RAISE(ABORT, 'an event cannot be deleted'); END""",
]
_POSTGRESQL = [
    """CREATE FUNCTION earshot_refuse() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION '% cannot be changed or deleted', TG_ARGV[0]; END $$ LANGUAGE plpgsql""",
    f"""CREATE TRIGGER version_is_frozen BEFORE UPDATE OF {", ".join(_FROZEN)} ON study_version
        FOR EACH ROW EXECUTE FUNCTION earshot_refuse('a frozen version')""",
    """CREATE TRIGGER version_stays BEFORE DELETE ON study_version
        FOR EACH ROW EXECUTE FUNCTION earshot_refuse('a frozen version')""",
    """CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE ON study_event
        FOR EACH ROW EXECUTE FUNCTION earshot_refuse('an event')""",
]


def guard(apps: Any, schema_editor: Any) -> None:
    """Make the triggers (Any: Django's own signature)."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement, params=None)  # or the driver would look for places in it


class Migration(migrations.Migration):
    dependencies = [("study", "0004_without_first_rooms")]

    operations = [migrations.RunPython(guard, elidable=False)]

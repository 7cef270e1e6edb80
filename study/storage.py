"""Static files under names that carry their content's hash, imports between modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Hashed names for every static file; `import` lines of ES modules are rewritten to them."""

    support_js_module_import_aggregation = True

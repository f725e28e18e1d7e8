"""`optimizer models`: what was measured of each model?"""

from __future__ import annotations

from cli import options
from cli.output import show
from cli.session import session


def models(
    workflow: options.Workflow = None,
    limit: options.Limit = 50,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show what was measured of each model, and the limits it breaks.

    Example: optimizer models --workflow wf_001
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.models import model_profiles
    from reports.gallery.models import models as models_report
    from reports.tables.spending import model_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = model_profiles(history, workflow_id=workflow, config=here.loaded.config)
    document = models_report(found, limit=limit)
    show(document, found, json=json, outputs=output, tables=model_tables(found))

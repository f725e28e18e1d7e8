from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimizer.models.errors import ConfigError, FormatError, SelectionError
from optimizer.models.sites import PromptFormat
from optimizer.pipeline.prompt_files import find_prompts, write_patch
from optimizer.prompts.extract import PatchRefused

CONFIG = """\
prompts:
  - file://prompts/*.md
  - prompts/chat.json
  - file://../outside.md
  - file://prompts/none.md
  - file://prompts/two.txt
  - Answer {{ticket}}
providers: [x]
tests: [{vars: {ticket: a, tone: kind}}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "outside.md": "Not here",
        "p/promptfooconfig.yaml": CONFIG,
        "p/prompts/a.md": "Sort {{ticket}}",
        "p/prompts/chat.json": '[{"role": "system", "content": "Be {{tone}}."}]',
        "p/prompts/two.txt": "One\n---\nTwo",
        "p/README.md": "About this folder",
        "p/.hidden/x.md": "Hidden",
        "p/node_modules/x.md": "Foreign",
        "p/data.json": '{"a": 1}',
        "p/code.py": "x = 1\n",
        "p/broken.yml": "prompts: [\n",
        "p/empty.txt": "",
        "p/image.png": "PNG",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_gives_its_prompts_and_what_was_left_alone(project: Path) -> None:
    found = find_prompts([project / "p"], root=project)
    assert [site.prompt_id for site in found.sites] == [
        "p/promptfooconfig.yaml#/prompts/5",
        "p/prompts/a.md",
        "p/prompts/chat.json#/0/content",
    ]
    reasons = {(Path(one.path).name, one.line): one.reason for one in found.skipped}
    assert reasons == {
        ("README.md", None): "is left out of a folder by its name",
        ("broken.yml", None): "cannot be read: line 2, column 1: expected node content",
        ("empty.txt", None): "is empty",
        ("promptfooconfig.yaml", 4): "names ../outside.md, which is outside its folder",
        ("promptfooconfig.yaml", 5): "names prompts/none.md, which is not there",
        ("promptfooconfig.yaml", 6): (
            "names prompts/two.txt, which holds several prompts with --- between them"
        ),
    }


def test_files_that_a_configuration_names_share_its_variables(project: Path) -> None:
    found = find_prompts([project / "p/promptfooconfig.yaml"], root=project)
    assert {Path(site.path).name: site.declared for site in found.sites} == {
        "promptfooconfig.yaml": ("ticket",),
        "a.md": ("ticket",),
        "chat.json": ("tone",),
    }
    assert found.n_files == 4


def test_a_file_that_is_found_twice_is_one_prompt(project: Path) -> None:
    path = project / "p/prompts/a.md"
    assert len(find_prompts([path, project / "p/prompts", path], root=project).sites) == 3


def test_a_link_out_of_the_folder_of_a_configuration_is_not_followed(project: Path) -> None:
    (project / "p/prompts/link.md").symlink_to(project / "outside.md")
    found = find_prompts([project / "p/promptfooconfig.yaml"], root=project)
    assert not any("link" in Path(site.path).name for site in found.sites)
    assert "names prompts/*.md, which is outside its folder" in {s.reason for s in found.skipped}


@pytest.mark.parametrize("name", ["p/data.json", "p/code.py"])
def test_a_named_file_without_prompts_is_an_error(project: Path, name: str) -> None:
    with pytest.raises(SelectionError, match="no prompt was found"):
        find_prompts([project / name], root=project)


def test_a_named_file_may_be_read_as_another_format(project: Path) -> None:
    (site,) = find_prompts(
        [project / "p/data.json"], root=project, as_format=PromptFormat.TEXT
    ).sites
    assert site.text == '{"a": 1}'


def test_what_cannot_be_read_is_an_error_where_it_is_named(project: Path) -> None:
    with pytest.raises(FormatError, match=r"broken.yml: line 2"):
        find_prompts([project / "p/broken.yml"], root=project)
    with pytest.raises(ConfigError, match="No such file"):
        find_prompts([project / "p/nothing.md"], root=project)
    os.mkfifo(project / "pipe.md")
    with pytest.raises(ConfigError, match="is no file"):
        find_prompts([project / "pipe.md"], root=project)


def test_a_patch_keeps_the_mode_of_the_file_and_what_a_link_leads_to(project: Path) -> None:
    file, link = project / "p/prompts/a.md", project / "link.md"
    file.chmod(0o640)
    link.symlink_to(file)
    (site,) = find_prompts([link], root=project).sites
    write_patch(site, "Sort {{ticket}} now")
    assert file.read_text(encoding="utf-8") == "Sort {{ticket}} now"
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.md", "chat.json", "two.txt"]


def test_a_patch_of_a_file_that_changed_meanwhile_is_refused(project: Path) -> None:
    file = project / "p/prompts/a.md"
    (site,) = find_prompts([file], root=project).sites
    file.write_text("Other", encoding="utf-8")
    with pytest.raises(PatchRefused, match="changed meanwhile"):
        write_patch(site, "New")
    assert file.read_text(encoding="utf-8") == "Other"


def test_a_file_that_may_not_be_written_stays_as_it_is(project: Path) -> None:
    file = project / "p/prompts/a.md"
    (site,) = find_prompts([file], root=project).sites
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        write_patch(site, "New")

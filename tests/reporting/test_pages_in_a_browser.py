"""The interactive pages in headless Chromium: they draw, step, answer and save, offline."""

import json
import shutil

import numpy as np
import pytest

from helpers import small
from helpers.tiny import tiny
from leakgan_tf.reporting.explore_page import page_data
from leakgan_tf.reporting.leaked import leaked
from leakgan_tf.reporting.study import CHECK, REAL, Item, make_key, study_page
from leakgan_tf.reporting.study_results import ResultsFile, judge_study, read_judges
from leakgan_tf.reporting.template import fill_template
from leakgan_tf.reporting.token_by_token import mean_goal, read_tokens
from leakgan_tf.systems.registry import make_system
from leakgan_tf.utils.files import read_json

pytestmark = pytest.mark.ci
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
WIDTHS = (1300, 420)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.fail("chromium is missing: apt-get install chromium (.ci/run does it)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(params=WIDTHS)
def tab(browser, request):
    """A tab that must end without an error, a request beside the page, or a wider page."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    errors, requests = [], []
    page.on("console", lambda line: errors.append(line.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda sent: requests.append(sent.url))
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param
    page.close()
    assert errors == []
    assert [url for url in requests if not url.startswith(("file://", "blob:"))] == []
    assert len([url for url in requests if url.startswith("file://")]) == 1


def a_key():
    items = [Item(name, f"{name} {number}") for name in ("run", REAL) for number in range(3)]
    items += [Item(CHECK, "say real", True), Item(CHECK, "say machine", False)]
    return make_key(items, {"run": "leakgan"}, {}, None, 1.0, 0)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "study.html"
    path.write_text(study_page(a_key()))
    return path


def shown(tab):
    return tab.text_content("#sentence")


def test_a_judge_answers_by_keys_and_buttons_and_saves_a_file_that_is_read(tab, study, tmp_path):
    key = a_key()
    tab.goto(study.as_uri())
    assert tab.text_content("#total") == "8"
    tab.click("text=Start")
    assert tab.is_hidden("#question")  # a judge without a name does not begin
    tab.fill("#judge", "Ann B.")
    tab.keyboard.press("Enter")
    seen = []
    while tab.is_visible("#question"):
        text = shown(tab)
        seen.append(text)
        real = text.startswith((REAL, "say real"))
        if len(seen) % 2:
            tab.click("#real" if real else "#machine")
        else:
            tab.keyboard.press("r" if real else "ArrowRight")
    assert sorted(seen) == sorted(each["text"] for each in key["sentences"])
    assert seen != [each["text"] for each in key["sentences"]]
    with tab.expect_download() as download:
        tab.click("#save")
    assert download.value.suggested_filename == "study-Ann-B-.json"
    download.value.save_as(tmp_path / "ann.json")
    (judge,) = read_judges([tmp_path / "ann.json"], key)
    found = judge_study(key, [judge], failed=0)
    assert {each.source: each.share for each in found.sources} == {REAL: 1.0, "run": 0.0}
    saved = read_json(tmp_path / "ann.json", "results", ResultsFile)
    assert len(saved["answers"]) == 8 and saved["judge"] == "Ann B."


def test_an_answer_can_be_changed_and_saved_early(tab, study, tmp_path):
    tab.goto(study.as_uri())
    tab.fill("#judge", "Bo")
    tab.click("text=Start")
    first = shown(tab)
    assert tab.is_disabled("#back")
    tab.keyboard.press("m")
    assert shown(tab) != first
    tab.keyboard.press("b")
    assert shown(tab) == first
    assert tab.get_attribute("#machine", "aria-pressed") == "true"
    tab.keyboard.press("ArrowLeft")
    with tab.expect_download() as download:
        tab.click("#save-early")
    download.value.save_as(tmp_path / "bo.json")
    (judge,) = read_judges([tmp_path / "bo.json"], a_key())
    assert list(judge.real.values()) == [True]


def test_judges_see_different_orders_and_each_the_same_again(browser, study):
    def order(name):
        page = browser.new_page()
        page.goto(study.as_uri())
        page.fill("#judge", name)
        page.keyboard.press("Enter")
        seen = []
        while page.is_visible("#question"):
            seen.append(shown(page))
            page.keyboard.press("r")
        page.close()
        return seen

    assert order("Ann") == order("Ann")
    assert order("Ann") != order("Bo")


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    """A page of a LeakGAN with random weights, and its data."""
    system = make_system(tiny("leakgan"), task=None)
    for model in system.models.values():
        small.randomise(model)
    tokens = small.tokens(2, 8, 12)
    background = leaked(system, small.tokens(4, 8, 12, seed=1))
    found = read_tokens(system, tokens, mean_goal(background), 1.0, 2, seed=0)
    kinds, paths = ["generated", "real"], {"generated": background, "real": background}
    data = {
        "run": "<b>run</b>", "weights": "weights", "length": 8, "vocabulary": 12, "horizon": 4,
        "window": "sliding", "rollouts": 2, "temperature": 1.0,
        **page_data(tokens, kinds, found, paths, 4, "w<{}>".format),
    }  # fmt: skip
    path = tmp_path_factory.mktemp("explore") / "page.html"
    path.write_text(fill_template("explore", "a page", data))
    return path, json.loads(json.dumps(data))


def test_sentences_are_stepped_through(tab, explored):
    path, data = explored
    tab.goto(path.as_uri())
    assert "Run <b>run</b>, weights" in tab.text_content("#about")
    sentence = data["sentences"][0]
    for step in range(9):
        assert tab.text_content("#step") == f"Prefix of {step} of 8 tokens"
        score, _ = sentence["score"][step]
        assert f"After {step} tokens: {score:.3f}" in tab.text_content("#score-now")
        if step:
            reward = sentence["intrinsic"][step - 1]
            assert tab.text_content("#reward-now").endswith(f": {reward:.3f}.")
        if step < 8:
            words = tab.locator("#with b").all_text_contents()
            assert words == [f"w<{index}>" for index, _ in sentence["with"][step]]
            tab.keyboard.press("ArrowRight") if step % 2 else tab.click("#next")
    assert tab.is_disabled("#next") and tab.is_disabled("#last")
    assert "has ended" in tab.text_content("#worker-now")
    tab.keyboard.press("Home")
    assert tab.text_content("#step").startswith("Prefix of 0 of")


def test_sentences_are_chosen_by_key_list_and_token(tab, explored):
    path, data = explored
    tab.goto(path.as_uri())
    tab.keyboard.press("n")
    assert tab.input_value("#sentence") == "1"
    assert "2, real: w<" in tab.text_content("#sentence option:checked")
    tab.locator("#tokens button").nth(2).click()
    assert tab.text_content("#step").startswith("Prefix of 3 of")
    tab.select_option("#sentence", "0")
    assert tab.text_content("#step").startswith("Prefix of 0 of")
    tab.keyboard.press("p")


def test_the_goal_points_where_its_numbers_say(tab, explored):
    """The arrow's direction in the picture is that of the projected goal, y upwards."""
    path, data = explored
    tab.goto(path.as_uri())
    for step in range(3):
        tab.keyboard.press("Home")
        for _ in range(step):
            tab.keyboard.press("ArrowRight")
        line = tab.locator("#plane line.goal")
        x1, y1, x2, y2 = (float(line.get_attribute(name)) for name in ("x1", "y1", "x2", "y2"))
        drawn, goal = np.array([x2 - x1, y1 - y2]), np.array(data["sentences"][0]["goal"][step])
        cosine = drawn @ goal / np.linalg.norm(drawn) / np.linalg.norm(goal)
        assert cosine == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(browser, explored, study, scheme):
    """Contrast of body text and of dim text with their background is at least 4.5 to 1 (WCAG)."""

    def luminance(colour):
        parts = [int(each) / 255 for each in colour[4:-1].split(",")[:3]]
        linear = [each / 12.92 if each <= 0.04 else ((each + 0.055) / 1.055) ** 2.4
                  for each in parts]  # fmt: skip
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for path in (explored[0], study):
        page = browser.new_page(color_scheme=scheme)
        page.goto(path.as_uri())
        look = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        behind = luminance(page.evaluate(look, ["body", "backgroundColor"]))
        for selector in ("body", ".dim"):
            text = luminance(page.evaluate(look, [selector, "color"]))
            light, dark = max(text, behind), min(text, behind)
            assert (light + 0.05) / (dark + 0.05) > 4.5
        page.close()

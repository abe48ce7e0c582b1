"""Training on the fakes: what learns, what stays, and that a stopped run ends as an unstopped one."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.config import DataConfig, LoraSettings, TrainingConfig
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, mean_of_taps, text_vectors
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing
from anomaly_core.imaging.frame import frame_of
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.inspection_dialogue import inspection_messages, read_dialogues
from anomaly_core.results import CELLS, cell_of, verdict_sentence
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig
from anomaly_core.training.batch import decoder_maps, on_original, sample_maps, schedule
from anomaly_core.training.cache import MASK_SIZE, FeatureCache, build_cache
from anomaly_core.training.dialogue_loss import dialogue_loss
from anomaly_core.training.train import TrainingModels, train

DATA = DataConfig(
    procedural_products=4, photographs=6, samples=16, held_out=8, input_side=64, side=96, foreign_share=1.0
)
CONFIG = TrainingConfig(
    encoder="tiny",
    text_encoder="tiny",
    language_model="tiny",
    data=DATA,
    decoder_steps=2,
    steps=4,
    batch_size=4,
    channels=(2, 2, 2, 2, 4),
    evaluate_every=2,
    save_every=3,
)
FILES = ("decoder.safetensors", "prompt_learner.safetensors")


def models() -> TrainingModels:
    return TrainingModels(TinyEncoder(), TinyTextEncoder(), tiny_language_model())


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    build_cache(DATA, TinyEncoder(), [], folder, seed=0)
    return folder


def run(out: Path, cache: Path, config: TrainingConfig = CONFIG, **options: int) -> Path:
    train(config, out=out, cache=cache, models=models(), **options)
    return out


@pytest.fixture(scope="module")
def trained(features: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("trained") / "run", features)


def same_bytes(a: Path, b: Path, names: tuple[str, ...] = FILES) -> bool:
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in names)


@pytest.mark.slow
def test_one_seed_gives_one_checkpoint_and_another_seed_another(
    trained: Path, features: Path, tmp_path: Path
) -> None:
    assert same_bytes(trained, run(tmp_path / "again", features))
    other = CONFIG.model_copy(update={"learning_rate": 2e-3})
    assert not same_bytes(trained, run(tmp_path / "other", features, other))


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_stopped_run_ends_as_an_unstopped_one(
    trained: Path, features: Path, tmp_path: Path, stop: int
) -> None:
    run(tmp_path, features, stop_after=stop)
    assert not (tmp_path / "config.json").exists()
    run(tmp_path, features)
    assert same_bytes(trained, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_a_killed_run_repeats_what_it_had_not_saved(trained: Path, features: Path, tmp_path: Path) -> None:
    class KilledError(RuntimeError):
        pass

    def kill(stage: str, done: int, total: int, figures: object) -> None:
        if (stage, done) == ("prompt", 3):
            raise KilledError

    with pytest.raises(KilledError):
        train(CONFIG, out=tmp_path, cache=features, models=models(), progress=kill)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "cut o')
    run(tmp_path, features)
    assert same_bytes(trained, tmp_path)


def test_the_checkpoint_is_loaded_frozen_and_small(trained: Path) -> None:
    checkpoint = load_checkpoint(
        trained, encoder=TinyEncoder().name, language_model=tiny_language_model().name
    )
    assert checkpoint.prompt_learner is not None
    parts = [checkpoint.decoder, checkpoint.prompt_learner]
    assert not any(p.requires_grad or part.training for part in parts for p in part.parameters())
    assert not checkpoint.config.training.model_extra
    assert checkpoint.config.results.keys() >= {"yes_no_auroc", "yes_no_few_shot_auroc", "pixel_auroc"}
    assert (trained / "curve.png").stat().st_size > 1000
    assert not (trained / "resume.safetensors").exists()
    assert sum((trained / name).stat().st_size for name in FILES) < 400_000


def test_checkpoints_that_do_not_fit_name_the_mend(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="iad train"):
        load_checkpoint(tmp_path)
    with pytest.raises(ConfigError, match="not dinov2-small"):
        load_checkpoint(trained, encoder="dinov2-small")
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("config.json", "prompt_learner.safetensors"):
        (broken / name).write_bytes((trained / name).read_bytes())
    (broken / "decoder.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WeightsDamaged, match=r"decoder\.safetensors"):
        load_checkpoint(broken)


def test_a_folder_of_another_run_is_refused(trained: Path, features: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="finished checkpoint"):
        run(trained, features)
    run(tmp_path, features, stop_after=1)
    with pytest.raises(ConfigError, match="another configuration"):
        run(tmp_path, features, CONFIG.model_copy(update={"clip": 2.0}))
    with pytest.raises(ConfigError, match="other data"):
        build_cache(DATA, TinyEncoder(seed=1), [], features, seed=0)


def test_gradients_reach_linears_and_prompt_learner_through_the_language_model(features: Path) -> None:
    torch.manual_seed(0)
    lm = tiny_language_model()
    cache = FeatureCache(features, {"train": 16, "held_out": 8})
    examples = [cache.load("train", number) for number in range(4)]
    channels = [each.shape[0] for each in examples[0].inputs]
    decoder = TextAlignedDecoder(channels, text_vectors(TinyTextEncoder()))
    learner = PromptLearner(PromptLearnerConfig(hidden_size=32, image_dim=24, channels=(2, 2, 2, 2, 4)))
    before = {n: p.clone() for n, p in lm.model.named_parameters()}
    maps = mean_of_taps(decoder_maps(decoder, examples, torch.device("cpu")), MASK_SIZE)
    rng = np.random.default_rng(0)
    views = sample_maps(examples, maps, learner.config.map_size, rng, few_shot=0.0, synthetic=0.0, jitter=0.0)
    soft = learner(views.maps[:, None], torch.stack([example.embedding for example in examples]))
    dialogues = [
        inspection_messages(prompt, answer=verdict_sentence(bool(cells), cells))
        for prompt, cells in zip(soft, views.cells, strict=True)
    ]
    dialogue_loss(lm, dialogues, yes=views.image_truth.tolist()).backward()
    for part in (decoder, learner):
        for name, parameter in part.named_parameters():
            assert parameter.grad is not None, name
    assert all(float(linear.weight.grad.abs().sum()) > 0 for linear in decoder.linears)  # type: ignore[union-attr]
    assert float(learner.base.grad.abs().sum()) > 0  # type: ignore[union-attr]
    for name, parameter in lm.model.named_parameters():
        assert parameter.grad is None
        assert torch.equal(parameter, before[name])


def test_samples_alternate_and_masks_go_with_answers(features: Path) -> None:
    cache = FeatureCache(features, {"train": 16, "held_out": 8})
    for number in range(16):
        example = cache.load("train", number)
        assert example.anomalous == bool(number % 2) == bool(example.mask.any())
        assert float(example.few_shot.min()) >= 0
        # Squared residuals of all taps side by side, so that half their sum is the few-shot distance.
        assert [each.shape[0] for each in example.inputs] == [sum(TinyEncoder.channels)]


def test_what_the_prompt_learner_sees_is_mirrored_with_its_cells(features: Path) -> None:
    cache = FeatureCache(features, {"train": 16, "held_out": 8})
    example = replace(cache.load("train", 1), cells=("top left",), few_shot=torch.zeros(MASK_SIZE))
    example.few_shot[:70, :70] = 1.0
    decoded = torch.zeros(40, *MASK_SIZE)
    rng = np.random.default_rng(0)
    views = sample_maps([example] * 40, decoded, 96, rng, few_shot=1.0, synthetic=0.0, jitter=0.0)
    seen = set()
    for seen_map, cells in zip(views.maps, views.cells, strict=True):
        row, column = divmod(int(seen_map.argmax()), 96)
        assert cells == [cell_of(column, row, 96, 96)]
        seen.add(cells[0])
    assert seen == {"top left", "top right", "bottom left", "bottom right"}
    assert 0.01 < float(views.maps.max()) <= 0.5 + 1e-3  # faded by chance, never strengthened
    assert views.cell_truth.argmax(1).tolist() == [CELLS.index(cells[0]) for cells in views.cells]


def test_a_map_on_the_input_is_shown_on_the_original_as_an_inspection_shows_it() -> None:
    pixels = np.full((300, 200, 3), 230, np.uint8)
    cv2.line(pixels, (60, 240), (140, 60), (40, 40, 40), 30)
    frame = frame_of(pixels, 224, 16)
    assert frame.aligned
    values = np.random.default_rng(0).random((4, 4)).astype(np.float32)
    values = cv2.resize(values, (64, 64))
    shown = on_original(torch.from_numpy(values)[None], torch.from_numpy(frame.sampling())[None], 224)[0]
    expected = cv2.resize(frame.to_original(values), (224, 224), interpolation=cv2.INTER_AREA)
    inside = cv2.erode((expected > 0).astype(np.uint8), np.ones((7, 7))) > 0
    assert inside.sum() > 2000
    assert np.abs(shown.numpy() - expected)[inside].max() < 0.1


def test_dialogue_lora_and_parts_of_a_batch(features: Path, tmp_path: Path) -> None:
    chats = tmp_path / "chats.jsonl"
    chats.write_text(
        json.dumps(
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}
        )
        + "\n\n"
        + json.dumps(
            {"conversation": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "A model."}]}
        )
    )
    config = CONFIG.model_copy(
        update={
            "dialogue": chats,
            "accumulation": 2,
            "lora": LoraSettings(r=2, alpha=2),
            "decoder_steps": 0,
            "joint": False,
        }
    )
    out = run(tmp_path / "out", features, config)
    assert (out / "lora" / "adapter_model.safetensors").is_file()
    assert load_checkpoint(out).lora == out / "lora"
    stopped = run(tmp_path / "stopped", features, config, stop_after=3)
    run(stopped, features, config)
    assert same_bytes(out, stopped, (*FILES, "lora/adapter_model.safetensors"))
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert all("focal" not in row and row["cross_entropy"] > 0 for row in rows)


def test_the_decoder_learns_alone(features: Path, tmp_path: Path) -> None:
    config = CONFIG.model_copy(
        update={
            "language_model": None,
            "steps": 0,
            "decoder_steps": 30,
            "batch_size": 8,
            "learning_rate": 1e-2,
        }
    )
    models_alone = TrainingModels(TinyEncoder(), TinyTextEncoder(), None)
    summary = train(config, out=tmp_path, cache=features, models=models_alone)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    first, last = (np.mean([r["focal"] + r["dice"] for r in part]) for part in (rows[:5], rows[-5:]))
    assert last < first - 0.1
    assert summary.steps == 30
    assert load_checkpoint(tmp_path).prompt_learner is None


def test_a_prompt_learner_is_taken_over_as_it_is(trained: Path, features: Path, tmp_path: Path) -> None:
    change = {"language_model": None, "steps": 0, "decoder_steps": 2, "image_token": False}
    reads_maps = run(tmp_path / "maps", features, CONFIG.model_copy(update={"image_token": False}))
    alone = CONFIG.model_copy(update={**change, "prompt_learner": reads_maps})
    train(alone, out=tmp_path / "taken", cache=features, models=replace(models(), lm=None))
    taken, source = load_checkpoint(tmp_path / "taken"), load_checkpoint(reads_maps)
    assert taken.config.language_model == source.config.language_model
    assert taken.prompt_learner is not None and source.prompt_learner is not None
    assert taken.config.prompt == source.config.prompt
    weights, own = taken.prompt_learner.state_dict(), source.prompt_learner.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in own.items())
    reads_images = CONFIG.model_copy(update={**change, "prompt_learner": trained})
    with pytest.raises(ConfigError, match="map alone"):
        train(reads_images, out=tmp_path / "no", cache=features, models=replace(models(), lm=None))


def test_own_photographs_and_textures(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = tmp_path / "parts" / "widget" / "train" / "good"
    texture = tmp_path / "textures"
    for folder, count, shape in ((good, 8, (80, 120, 3)), (texture, 1, (160, 160, 3))):
        folder.mkdir(parents=True)
        for number in range(count):
            noise = rng.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(noise).resize((shape[1], shape[0])).save(folder / f"fine_{number}.png")
    data = DATA.model_copy(update={"procedural_products": 0, "samples": 8, "held_out": 4})
    cache = build_cache(data, TinyEncoder(), [good.parents[2], texture], tmp_path / "cache", seed=1)
    names = {cache.load("train", n).product for n in range(8)} | {
        cache.load("held_out", n).product for n in range(4)
    }
    assert names == {"widget", "fine 0"}
    with pytest.raises(ConfigError, match="nothing to train on"):
        build_cache(data, TinyEncoder(), [], tmp_path / "none", seed=1)


@pytest.mark.parametrize(
    "text", ["", "not json", '{"messages": [{"role": "robot", "content": "x"}]}', '{"messages": []}', '["a"]']
)
def test_files_that_hold_no_chat_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"chats\.jsonl"):
        read_dialogues(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 5, "accumulation": 2},
        {"batch_size": 2, "accumulation": 2},
        {"language_model": None},
        {"precision": "float16"},
        {"decoder_steps": 0, "steps": 0},
        {"steps": 1, "prompt_learner": "folder"},
        {"epochs": 50},
    ],
)
def test_impossible_runs_are_rejected(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TrainingConfig.model_validate(wrong)


def test_the_schedule_rises_and_falls_linearly() -> None:
    factors = [schedule(step, 100, 0.1) for step in range(100)]
    assert factors[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert factors[10] == 1.0
    assert np.diff(factors[10:]) == pytest.approx(-1 / 90)
    assert factors[-1] > 0

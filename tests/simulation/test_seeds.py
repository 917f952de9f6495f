"""Seeds of the simulation at every run of the tests; `pinthread simulate` plays more of them."""

from simulation import command

SEEDS = range(1, 151)


def test_every_seed_ends_as_promised() -> None:
    said: list[str] = []
    assert command.run(SEEDS, as_json=True, say=said.append) == 0, said[-1][:3000]

"""Prompts: sounds that lie in Python's memory, played by a leg to its party or by a room to everybody.

Both have a record with the same fields for what they play.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import copy_octets, hot
from media.plane.legs import Array, Integer, LegRow, PlayerRow


@hot
def begin_prompt(player: LegRow | PlayerRow, command: Array) -> None:
    """Begin a prompt: number, address, samples, loops."""
    player.prompt = command[c.ARGUMENTS]
    player.prompt_address = command[c.ARGUMENTS + 1]
    player.prompt_samples = command[c.ARGUMENTS + 2]
    player.prompt_loops = command[c.ARGUMENTS + 3]
    player.prompt_position = 0
    player.prompt_ended = 0


@hot
def say_prompt(player: LegRow | PlayerRow, target: Array) -> Integer:
    """Copy the prompt's next samples; return how many there were."""
    memory = target.ctypes.data
    said = np.int64(0)
    while said < c.FRAME:
        samples = min(c.FRAME - said, player.prompt_samples - player.prompt_position)
        copy_octets(memory + 2 * said, player.prompt_address + 2 * player.prompt_position, 2 * samples)
        said += samples
        player.prompt_position += samples
        if player.prompt_position < player.prompt_samples:
            break
        player.prompt_position = 0
        if player.prompt_loops == 1:
            player.prompt_ended = 1
            break
        player.prompt_loops -= player.prompt_loops > 0
    return said

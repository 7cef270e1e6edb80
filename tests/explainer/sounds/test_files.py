"""Sounds as bytes."""

import io
import struct

import numpy as np
import pytest
import soundfile

from explainer.sounds.files import read_wav, write_wav
from tests.explainer.sounds.tones import tone


def test_wav_is_pcm_of_sixteen_bits_with_nothing_else_in_it() -> None:
    wav = write_wav(tone(seconds=0.1), gain_db=6.0)
    assert wav == write_wav(tone(seconds=0.1), gain_db=6.0)
    info = soundfile.info(io.BytesIO(wav))
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (48000, 1, "PCM_16", 4800)
    assert wav[12:16] == b"fmt "
    assert wav[36:40] == b"data"
    assert struct.unpack("<I", wav[40:44])[0] == len(wav) - 44 == 9600


def test_written_sound_is_the_sound_with_its_gain() -> None:
    written = read_wav(write_wav(tone(), gain_db=6.0))
    np.testing.assert_allclose(written, tone() * 10 ** (6 / 20), atol=0.5 / 2**15)


def test_gain_that_clips_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gain_db is 30\.0, which clips this sound"):
        write_wav(tone(), gain_db=30.0)


def test_wav_of_another_rate_is_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(100, dtype=np.int16), 8000, format="WAV")
    with pytest.raises(ValueError, match=r"the sound has 8000 Hz and shape \(100,\); expected mono at 48000 Hz"):
        read_wav(file.getvalue())

"""Terrain files: real GeoTIFF and SRTM bytes, and the plain refusal of everything else."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from skystork.errors import ConfigError
from skystork.shell.terrain_files import read_terrain

HEIGHTS = np.array([[100, 110, 120], [130, -9999, 150]], dtype=np.int16)
GEOGRAPHIC = [(1024, 2), (1025, 1), (2048, 4326)]  # model type, pixel is area, system


def geotiff(
    folder: Path, *, keys=GEOGRAPHIC, heights=HEIGHTS, nodata="-9999", scale=(0.01, 0.01, 0.0), **options
) -> Path:
    path = folder / "dem.tif"
    directory = [1, 1, 0, len(keys), *(number for key, value in keys for number in (key, 0, 1, value))]
    tags = [
        (33550, "d", 3, scale, True),
        (33922, "d", 6, (0.0, 0.0, 0.0, 8.0, 47.0, 0.0), True),
        (34735, "H", len(directory), tuple(directory), True),
    ]
    if nodata:
        tags.append((42113, "s", 0, nodata, True))
    tifffile.imwrite(path, heights, extratags=tags if keys else tags[:2], **options)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_terrain(path)
    return str(caught.value)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_geotiff_has_its_samples_in_the_middle_of_its_cells(tmp_path: Path, compression) -> None:
    ground = read_terrain(geotiff(tmp_path, compression=compression), vertical_error_m=3.0)
    assert ground.height_amsl_m(8.005, 46.995) == pytest.approx(100.0)
    assert ground.height_amsl_m(8.01, 46.995) == pytest.approx(105.0)
    assert ground.range_amsl_m(8.005, 46.995, 8.015, 46.995) == (97.0, 113.0)


def test_where_samples_are_points_they_lie_on_the_corners(tmp_path: Path) -> None:
    ground = read_terrain(geotiff(tmp_path, keys=[(1024, 2), (1025, 2), (2048, 4326)]))
    assert ground.height_amsl_m(8.0, 47.0) == pytest.approx(100.0)


def test_no_data_is_a_hole(tmp_path: Path) -> None:
    ground = read_terrain(geotiff(tmp_path))
    assert ground.height_amsl_m(8.015, 46.985) is None
    assert ground.range_amsl_m(8.006, 46.986, 8.024, 46.994) is None


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([(1024, 1), (3072, 2056)], "another projection (seen: 2056"),
        ([(1024, 2), (2048, 4258)], "another projection"),
        ([*GEOGRAPHIC, (4096, 5030)], "heights above the ellipsoid"),
        ([*GEOGRAPHIC, (4099, 9002)], "heights in another unit"),
        ([], "nothing says where it is"),
    ],
)
def test_another_system_is_refused_with_what_converts_it(tmp_path: Path, keys, words) -> None:
    assert words in refusal(geotiff(tmp_path, keys=keys))


def test_what_holds_no_heights_is_refused(tmp_path: Path) -> None:
    assert "no heights in metres" in refusal(geotiff(tmp_path, nodata=""))
    assert "one band" in refusal(geotiff(tmp_path, heights=np.zeros((2, 3, 3), dtype=np.uint8), photometric="rgb"))
    (tmp_path / "dem.tif").write_bytes(b"not a tiff")
    assert "not terrain that can be read" in refusal(tmp_path / "dem.tif")
    assert "not terrain that can be read" in refusal(tmp_path / "none.tif")


def test_an_srtm_tile_lies_where_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "N54W002.hgt"
    samples = np.full((1201, 1201), 60, dtype=">i2")
    samples[0, 0], samples[1200, 1200], samples[600, 600] = 200, 10, -32768
    path.write_bytes(samples.tobytes())
    ground = read_terrain(path)
    assert ground.height_amsl_m(-2.0, 55.0) == pytest.approx(200.0)
    assert ground.height_amsl_m(-1.0, 54.0) == pytest.approx(10.0)
    assert ground.height_amsl_m(-1.5, 54.5) is None
    assert ground.range_amsl_m(-1.8, 54.2, -1.7, 54.3) == (44.0, 76.0)


def test_a_tile_of_another_name_or_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hill.hgt").write_bytes(b"")
    (tmp_path / "S01E010.hgt").write_bytes(b"\0" * 100)
    assert "the name does not say where it is" in refusal(tmp_path / "hill.hgt")
    assert "not the size of a tile" in refusal(tmp_path / "S01E010.hgt")

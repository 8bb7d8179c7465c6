"""DICOM objects of one photograph in every coding that is read, and of what is not: objects.py PHOTO FOLDER.

Beside NAME.dcm stands source.rgb, the photograph's own pixels; the last line on stdout is its width and height.
"""

import io
import pathlib
import subprocess
import sys

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import convert_color_space
from pydicom.uid import UID

OP = "1.2.840.10008.5.1.4.1.1.77.1.5.1"
VL, SC = "1.2.840.10008.5.1.4.1.1.77.1.4", "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"
RLE, BASELINE = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"
JLS, JLS_NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
J2K, J2K_LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"


class Maker:
    def __init__(self, photo: pathlib.Path, folder: pathlib.Path):
        # Even in width, as 4:2:2 needs, and odd in height: rows and columns cannot be confused.
        self.image = Image.open(photo).convert("RGB").resize((360, 351), Image.Resampling.LANCZOS)
        self.rgb = np.asarray(self.image)
        self.folder = folder
        (folder / "source.rgb").write_bytes(self.rgb.tobytes())

    def make(self, name, data=None, *, syntax=EXPLICIT, colours="RGB", kind=OP, **attributes):
        """One object; data are its pixels, or a list of frames, each coded."""
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = UID(syntax)
        d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = kind
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = f"2.25.{1000 + len(list(self.folder.iterdir()))}"
        d.SpecificCharacterSet = "ISO_IR 192"
        d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = "Größe^Phantom", "VM-1", "19600102", "O"
        d.StudyInstanceUID, d.SeriesInstanceUID, d.StudyDate, d.AccessionNumber = "2.25.1", "2.25.2", "20261127", "A1"
        d.Modality, d.ImageLaterality, d.PixelSpacing = "OP", "R", [0.0075, 0.008]
        d.Rows, d.Columns = self.rgb.shape[:2]
        d.SamplesPerPixel, d.PhotometricInterpretation, d.PlanarConfiguration = 3, colours, 0
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
        if isinstance(data, list):
            d.NumberOfFrames = len(data)
            d.PixelData = encapsulate([frame + b"\0" * (len(frame) % 2) for frame in data])
        elif data is not None:
            d.PixelData = data + b"\0" * (len(data) % 2)
        for key, value in attributes.items():
            if value is None:
                delattr(d, key)
            else:
                setattr(d, key, value)
        path = self.folder / f"{name}.dcm"
        d.save_as(path, enforce_file_format=True)
        return path

    def compressed(self, name, syntax, colours="RGB", **options):
        d = pydicom.dcmread(self.make(name, self.rgb.tobytes(), colours=colours))
        plugin = {"encoding_plugin": "pydicom"} if syntax == RLE else {}
        d.compress(syntax, self.rgb, generate_instance_uid=False, **plugin, **options)
        d.save_as(self.folder / f"{name}.dcm")

    def jpeg(self, image=None, **options):
        out = io.BytesIO()
        (image or self.image).save(out, "JPEG", quality=98, **options)
        return out.getvalue()

    def lossless(self):
        pixels = self.rgb.tobytes()
        first = self.make("explicit", pixels)
        self.make("implicit", pixels, syntax=IMPLICIT)
        self.make("deflated", pixels, syntax=DEFLATED)
        self.make("planar", self.rgb.transpose(2, 0, 1).tobytes(), PlanarConfiguration=1)
        self.make("vl-photographic", pixels, kind=VL)
        self.make("secondary-capture", pixels, kind=SC)
        other = self.rgb[:, ::-1].tobytes()
        self.make("two-frames", pixels + other, NumberOfFrames=2)
        for name, syntax in (("rle", RLE), ("jpeg-ls", JLS), ("j2k", J2K)):
            self.compressed(name, syntax)
        self.compressed("j2k-rct", J2K, "YBR_RCT")
        for name, command in (
            ("jpeg-lossless", ["dcmcjpeg", "+e1"]),
            ("jpeg-lossless-p14", ["dcmcjpeg", "+el"]),
            ("jpeg-ls-dcmtk", ["dcmcjpls"]),
            ("rle-dcmtk", ["dcmcrle"]),
            ("jpeg-extended", ["dcmcjpeg", "+ee", "+q", "98", "+s4"]),
        ):
            subprocess.run([*command, "+un", first, self.folder / f"{name}.dcm"], check=True)

    def lossy(self):
        ybr = convert_color_space(self.rgb, "RGB", "YBR_FULL")
        self.make("ybr-full", ybr.tobytes(), colours="YBR_FULL")
        y = ybr.astype(np.uint16)
        halved = np.stack(
            [y[:, ::2, 0], y[:, 1::2, 0], *((y[:, ::2, c] + y[:, 1::2, c]) // 2 for c in (1, 2))], axis=-1
        )
        self.make("ybr-422", halved.astype(np.uint8).tobytes(), colours="YBR_FULL_422")
        back = np.stack([ybr[..., 0], *(halved[..., c].repeat(2, axis=1) for c in (2, 3))], axis=-1).astype(np.uint8)
        (self.folder / "ybr-422.rgb").write_bytes(convert_color_space(back, "YBR_FULL", "RGB").tobytes())
        self.compressed("jpeg-ls-near", JLS_NEAR, jls_error=3)
        self.compressed("j2k-ict", J2K_LOSSY, "YBR_ICT", j2k_cr=[4])
        self.make("jpeg", [self.jpeg(subsampling="4:4:4")], syntax=BASELINE, colours="YBR_FULL")
        rgb = self.jpeg(keep_rgb=True)
        self.make("jpeg-rgb", [rgb], syntax=BASELINE)
        turned = self.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        frames = [self.jpeg(subsampling="4:4:4"), self.jpeg(turned, subsampling="4:4:4")]
        self.make("jpeg-two-frames", frames, syntax=BASELINE, colours="YBR_FULL")
        self.make("jpeg-ten-frames", frames * 5, syntax=BASELINE, colours="YBR_FULL")

    def pieces(self):
        """Frames in several fragments each, with a table of offsets and without."""
        for name, source, count, table in (
            ("pieces-j2k", "j2k", 1, False),
            ("pieces-jpeg-ls", "jpeg-ls", 2, True),
            ("pieces-jpeg", "jpeg-two-frames", 2, False),
        ):
            d = pydicom.dcmread(self.folder / f"{source}.dcm")
            frames = list(generate_frames(d.PixelData, number_of_frames=int(d.get("NumberOfFrames", 1))))
            frames = [frames[i % len(frames)] for i in range(count)]
            d.NumberOfFrames = count
            d.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=table)
            d.save_as(self.folder / f"{name}.dcm")
        self.make("pieces-many", [b"\0\0"] * 5000, syntax=BASELINE, colours="YBR_FULL")

    def palette(self):
        few = self.image.quantize(256)
        colours = np.zeros((256, 3), np.uint8)
        given = np.array(few.getpalette(), np.uint8).reshape(-1, 3)
        colours[: len(given)] = given
        (self.folder / "palette.rgb").write_bytes(np.asarray(few.convert("RGB")).tobytes())
        tables = {}
        for i, name in enumerate(("Red", "Green", "Blue")):
            tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
            tables[f"{name}PaletteColorLookupTableData"] = (colours[:, i].astype("<u2") * 257).tobytes()
        grey = {"SamplesPerPixel": 1, "PlanarConfiguration": None}
        self.make("palette", np.asarray(few).tobytes(), colours="PALETTE COLOR", **grey, **tables)
        self.make("monochrome", np.asarray(self.image.convert("L")).tobytes(), colours="MONOCHROME2", **grey)

    def odd(self):
        """Values that are not in the form of their kind: what can be mended, and what cannot."""
        pixels, long = self.rgb.tobytes(), {"AccessionNumber": "ACC-2026-00000000001234", "StudyID": "S" * 17}
        settings = pydicom.config.settings
        settings.reading_validation_mode = settings.writing_validation_mode = pydicom.config.IGNORE
        self.make("odd-wide", pixels, PatientName="=".join(["ö" * 62 + "^A"] * 3))
        names = {"PatientName": "N" * 62 + "^A", "ReferringPhysicianName": "Dr\0\x07^ Ada\x7f"}
        times = {"PatientBirthDate": "1951.02.03", "StudyDate": "2024.02.29", "StudyTime": "10:30:05.25"}
        self.make("odd-mended", pixels, **names, **times, AccessionNumber="A" * 16, PatientID="9" * 64)
        escaped = {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎"}
        self.make("odd-escaped", pixels, **escaped)
        edge = {"PatientName": "Zoëა\U00100000^A", "StudyTime": "103005.123456", "StudyInstanceUID": "1.2." + "3" * 60}
        self.make("odd-edge", pixels, **edge, AccessionNumber="A" * 16 + "\t")
        path = self.make("odd-unknown", pixels, SpecificCharacterSet="ISO_IR 999", PatientName="M?ller^A")
        path.write_bytes(path.read_bytes().replace(b"M?ller^A", b"M\xfcller^A"))
        names = {"PatientName": "N" * 65, "ReferringPhysicianName": "a=b=c=d", "PatientID": "I" * 65}
        times = {"PatientBirthDate": "19510230", "StudyDate": "20249999", "StudyTime": "2561"}
        self.make("odd-left-out", pixels, **names, **times, **long, PatientSex="FEMALE", StudyInstanceUID="not.a..uid")

    def bad(self):
        pixels = self.rgb.tobytes()
        grey = {"SamplesPerPixel": 1, "PlanarConfiguration": None, "colours": "MONOCHROME2"}
        deep = {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11}
        whole = (self.folder / "explicit.dcm").read_bytes()
        (self.folder / "bad-truncated.dcm").write_bytes(whole[: len(whole) // 2])
        (self.folder / "bad-header.dcm").write_bytes(whole[:700])
        (self.folder / "bad-zeros.dcm").write_bytes(bytes(128) + b"DICM" + bytes(600))
        coded = (self.folder / "j2k.dcm").read_bytes()
        (self.folder / "bad-j2k.dcm").write_bytes(coded[: len(coded) // 2])
        self.make("bad-no-pixels")
        self.make("bad-12-bit", bytes(self.rgb.shape[0] * self.rgb.shape[1] * 2), **grey, **deep)
        self.make("bad-ct", bytes(360 * 351 * 2), kind="1.2.840.10008.5.1.4.1.1.2", **grey, **deep)
        self.make("bad-pdf", kind="1.2.840.10008.5.1.4.1.1.104.1", EncapsulatedDocument=b"%PDF-1.7\n\n")
        self.make("bad-colours", pixels, colours="HSV")
        self.make("bad-colours-long", pixels, colours="YBR_PARTIAL_420")
        self.make("bad-kind-long", pixels, kind="1.2.840.10008." + "1" * 50)
        path = self.make("bad-frames", pixels, NumberOfFrames=1)
        whole = path.read_bytes()
        assert whole.count(b"IS\x02\x001 ") == 1
        path.write_bytes(whole.replace(b"IS\x02\x001 ", b"IS\x0a\x004294967297"))
        self.make("bad-size", [self.jpeg()], syntax=BASELINE, colours="YBR_FULL", Rows=300)
        self.make("bad-short", pixels[:-1000])
        # Ends of a sequence and of an item, which nothing has begun.
        patient = whole.index(b"\x10\0\x10\0PN")
        for name, mark in (("sequence", b"\xfe\xff\xdd\xe0"), ("item", b"\xfe\xff\x0d\xe0")):
            end = mark + bytes(4)
            (self.folder / f"bad-{name}-ends-within.dcm").write_bytes(whole[:patient] + end + whole[patient:])
            kind = "bad-" if name == "sequence" else ""
            (self.folder / f"{kind}{name}-ends.dcm").write_bytes(whole + end)
        film = self.make("bad-syntax", [b"\0\0\0\1"], syntax="1.2.840.10008.1.2.4.102")
        assert film.exists()
        self.make("bad-room", pixels, BitsAllocated=16)
        self.make("bad-room-little", pixels, BitsAllocated=1)
        self.make("bad-colours-vast", pixels, colours="A" * 4000)
        (self.folder / "bad-no-end.dcm").write_bytes((self.folder / "jpeg-ls.dcm").read_bytes()[:-8])
        (self.folder / "bad-header-cut.dcm").write_bytes(whole[:150])
        # What the header says is not what follows.
        self.make("bad-in-fragments", [self.jpeg()], syntax=BASELINE)
        for name, syntax in (("jpeg-ls", JLS), ("jpeg-lossless", "1.2.840.10008.1.2.4.70"), ("j2k", J2K)):
            self.make(f"bad-not-{name}", [self.jpeg()], syntax=syntax)
        path = self.folder / "bad-in-fragments.dcm"
        path.write_bytes(path.read_bytes().replace(BASELINE.encode(), EXPLICIT.encode() + b"\0" * 3))
        implicit = whole.replace(EXPLICIT.encode(), IMPLICIT.encode() + b"\0\0", 1)
        (self.folder / "bad-implicit.dcm").write_bytes(implicit)
        deflated = (self.folder / "deflated.dcm").read_bytes()
        (self.folder / "bad-deflated-cut.dcm").write_bytes(deflated[: len(deflated) // 2])
        (self.folder / "bad-deflated-junk.dcm").write_bytes(deflated[:400] + b"\xff" * 1000)


maker = Maker(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
maker.lossless()
maker.lossy()
maker.pieces()
maker.palette()
maker.odd()
maker.bad()
print(*maker.image.size)

"""What highdicom and pydicom read out of the objects that toDicom() wrote, as JSON: read_back.py FOLDER.

Beside it, mask.raw and overlay.raw get the pixels.
"""

import json
import pathlib
import sys

import highdicom
import numpy as np
import pydicom
from highdicom.sr import srread
from pydicom.sr.codedict import codes

folder = pathlib.Path(sys.argv[1])


def value_of(item):
    match item.ValueType:
        case "NUM":
            measured = item.MeasuredValueSequence[0]
            return measured.FloatingPointValue, measured.MeasurementUnitsCodeSequence[0].CodeValue
        case "CODE":
            return item.value.value, item.value.scheme_designator
        case "TEXT":
            return item.TextValue
        case "UIDREF":
            return item.UID
        case "IMAGE":
            return item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID


def listed(items):
    return [(item.name.value, value_of(item)) for item in items if item.ValueType != "CONTAINER"]


def segmentation():
    seg = highdicom.seg.segread(folder / "segmentation.dcm")
    source = seg.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    pixels = seg.get_pixels_by_source_instance(
        [source.ReferencedSOPInstanceUID],
        combine_segments=False,
        ignore_spatial_locations=True,
    )
    segments = [seg.get_segment_description(number) for number in seg.segment_numbers]
    for i, segment in enumerate(segments):
        name = "mask" if segment.tracking_id == "vessels" else segment.tracking_id
        (folder / f"{name}.raw").write_bytes((pixels[0, :, :, i] * 255).astype(np.uint8).tobytes())
    described = seg.get_segment_description(1)
    shared = seg.SharedFunctionalGroupsSequence[0]
    return {
        "source": source.ReferencedSOPInstanceUID,
        "frame": source.get("ReferencedFrameNumber"),
        "study": seg.StudyInstanceUID,
        "patient": str(seg.PatientName),
        "segments": {s.tracking_id: [s.segmented_property_type.value, s.segment_label] for s in segments},
        "property": described.segmented_property_type.value,
        "region": described.anatomic_regions[0].value,
        "algorithm": described.algorithm_identification.version,
        "parameters": described.AlgorithmParameters
        if "AlgorithmParameters" in described
        else described.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters,
        "orientation": [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient],
        "spacing": [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing],
    }


def report():
    sr = srread(folder / "report.dcm")
    groups = sr.content.get_image_measurement_groups()
    evaluations = next(item for item in sr.content[0].ContentSequence if item.name.value == "C0034375").ContentSequence
    evidence = sr.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    return {
        "study": sr.StudyInstanceUID,
        "patient": str(sr.PatientName),
        "device": [sr.Manufacturer, sr.DeviceSerialNumber, sr.SoftwareVersions],
        "state": [sr.CompletionFlag, sr.PreliminaryFlag, sr.VerificationFlag],
        "source": evidence.ReferencedSOPInstanceUID,
        "groups": {group.tracking_identifier: listed(group[0].ContentSequence) for group in groups},
        "findings": {group.tracking_identifier: group.finding_type.value for group in groups},
        "measured": sum(len(group.get_measurements()) for group in groups),
        "sites": sorted({site.value.value for group in groups for site in group.finding_sites}),
        "retina": len(sr.content.get_image_measurement_groups(finding_site=codes.SCT.Retina)),
        "evaluations": listed(evaluations),
    }


def picture(name):
    path = folder / f"{name}.dcm"
    if not path.exists():
        return None
    capture = pydicom.dcmread(path)
    (folder / f"{name}.raw").write_bytes(capture.pixel_array.tobytes())
    return {
        "study": capture.StudyInstanceUID,
        "instance": capture.SOPInstanceUID,
        "patient": str(capture.PatientName),
        "id": capture.PatientID,
        "laterality": capture.ImageLaterality,
        "size": [capture.Columns, capture.Rows],
    }


print(
    json.dumps(
        {
            "segmentation": segmentation(),
            "report": report(),
            "overlay": picture("overlay"),
            "photograph": picture("photograph"),
        }
    )
)

/* V-MNet: vessels, diseases and their explanation from one colour fundus photograph.
 *
 * Research and teaching, not a medical device.
 *
 *   vm_error err;
 *   vm_model *model = NULL;
 *   if (vm_open(weights, weights_size, NULL, &model, &err) != VM_OK) return fail(err.text);
 *
 *   vm_result *r = NULL;
 *   if (vm_screen(model, rgba, width, height, NULL, &r, &err) != VM_OK) return fail(err.text);
 *   printf("%s\n", vm_answer_name(r->decision.answer));      // what is to be done; why: r->decision.reasons
 *   for (int c = 0; c < r->class_count; c++)
 *     printf("%s %.3f\n", r->classes[c].name, r->classes[c].probability);
 *   vm_render(r, VM_LAYER_VESSELS, 0, 0, height, vessels, &err); // [height][width], 0..1
 *
 *   vm_result_free(r);
 *   vm_close(model);
 *
 * Who frees what: vm_open -> vm_close; vm_screen -> vm_result_free; vm_image_load -> vm_image_free;
 * vm_report -> vm_free; vm_info -> vm_free. Everything else is borrowed or the caller's own.
 * A model serves one thread at a time; models do not share state. No function prints, exits or keeps globals.
 */
#ifndef VMNET_H
#define VMNET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_VERSION "0.1.0"
#define VM_NOTICE "research and teaching, not a medical device"

/* Limits, in one place. */
#define VM_MAX_BYTES (64u << 20) /* of a photograph's file */
#define VM_MAX_PIXELS 40000000   /* width * height */
#define VM_MAX_SIDE 8192
#define VM_MIN_SIDE 256
#define VM_MAX_CLASSES 64
#define VM_SIZE_DEFAULT 512 /* S, the side of the network's input */
#define VM_SIZE_MIN 256
#define VM_SIZE_MAX 1024
#define VM_SIZE_STEP 32
#define VM_MAX_THREADS 64
#define VM_ERROR_TEXT 316 /* bytes of an error's words, the 0 at the end among them */

typedef enum vm_status {
  VM_OK = 0,
  VM_ERR_ARGUMENT = 1,   /* a parameter is out of its range */
  VM_ERR_MEMORY = 2,     /* an allocation failed */
  VM_ERR_WEIGHTS = 3,    /* the weights file is damaged, incomplete or of an unknown version */
  VM_ERR_FORMAT = 4,     /* the bytes are neither JPEG nor PNG */
  VM_ERR_DAMAGED = 5,    /* a JPEG or PNG that is truncated, or changed inside: checksums, codes, restart marks */
  VM_ERR_TOO_LARGE = 6,  /* over VM_MAX_BYTES, VM_MAX_PIXELS or VM_MAX_SIDE */
  VM_ERR_TOO_SMALL = 7,  /* a side under VM_MIN_SIDE */
  VM_ERR_NOT_FUNDUS = 8, /* no field of view: blank, grey, or not a fundus photograph */
  VM_ERR_RUNTIME = 9     /* XNNPACK refused; should not happen with a valid weights file */
} vm_status;

/* What went wrong, in words: names the input, the limit and the remedy. Owned by the caller. */
typedef struct vm_error {
  vm_status status;
  char text[VM_ERROR_TEXT];
  char why[16]; /* the case where a status has several, for whoever writes a text of his own; else empty:
                   VM_ERR_NOT_FUNDUS blank, grey, dark, several, white, none; VM_ERR_FORMAT kind, empty;
                   VM_ERR_ARGUMENT file, from the command alone: none such, or not readable; and of a DICOM object, which
                   the command alone reads, see src/dicom.h */
} vm_error;

/* A fixed English name for a status, never NULL. */
const char *vm_strerror(vm_status status);

/* What this version counts in, as JSON for hosts in other languages, so that nobody keeps a copy: version, limits, and by
 * name the numbers of vm_status, vm_point, vm_answer, vm_rest, vm_reason_code, vm_reason, vm_disc_validity,
 * vm_grade_validity, vm_layer, vm_lesions and vm_lesion. Needs no model. Free with vm_free. VM_ERR_MEMORY is its only
 * failure; *json is NULL then. */
vm_status vm_constants(char **json, vm_error *err);

/* ---- model ---- */

typedef struct vm_model vm_model;

typedef struct vm_options {
  int size;    /* S: VM_SIZE_MIN..VM_SIZE_MAX in steps of VM_SIZE_STEP; 0 = VM_SIZE_DEFAULT */
  int threads; /* 1..VM_MAX_THREADS; 0 = 1 */
} vm_options;

/* Builds the network from a safetensors file in memory. The bytes are not needed after the call.
 * opt may be NULL for the defaults. On failure *out is NULL and err (may be NULL) says why. */
vm_status vm_open(const void *weights, size_t size, const vm_options *opt, vm_model **out, vm_error *err);
void vm_close(vm_model *model); /* NULL is fine */

/* The model as JSON: version, classes with thresholds and operating points, which of them is graded, size, threads, tensors,
 * parameters.
 * Free with vm_free. */
vm_status vm_info(const vm_model *model, char **json, vm_error *err);

/* ---- screening ---- */

/* Where the probabilities are cut: at rising thresholds, as the weights file says. */
typedef enum vm_point {
  VM_POINT_DEFAULT = 0, /* balanced */
  VM_POINT_SCREENING = 1,
  VM_POINT_BALANCED = 2,
  VM_POINT_SPECIFIC = 3
} vm_point;
#define VM_POINTS 3
const char *vm_point_name(vm_point point); /* "screening", "balanced", "specific"; never NULL */

#define VM_GUIDE_OFF (-1.0f)

/* All zero means the defaults. */
typedef struct vm_request {
  float guide;    /* above 0 to 1, the strength of the vessel guide; 0 = 1, as trained; VM_GUIDE_OFF = without it */
  vm_point point; /* of `decision` in the result; the others are there as well */
  int fine; /* 1: the vessels, arteries among them, and what is measured of them are the mean over the photograph and its three
             * mirror images, for four times the work; the answer and all else stay the photograph's own. 0: not so */
} vm_request;

/* The field of view, a circle in the photograph's pixels; (0, 0) is the corner of the first pixel. */
typedef struct vm_disc {
  float x, y, radius;
} vm_disc;

/* The optic disc as a circle in the photograph's pixels. Where it is not found, the circle is the best guess. */
typedef struct vm_optic_disc {
  int found; /* 1 where the confidence suffices: right in at least 97 of 100 then, see optic_disc.c */
  float x, y, radius;
  float confidence; /* 0..1, that the centre lies in the true disc */
} vm_optic_disc;

/* Which eye, guessed from the side of the optic disc. */
typedef enum vm_eye { VM_EYE_UNKNOWN = 0, VM_EYE_RIGHT = 1 /* OD */, VM_EYE_LEFT = 2 /* OS */ } vm_eye;

/* Measures of the vessels in one region, counted on the network's own grid, where the vessel probability reaches the
 * weights' threshold. Lengths are in diameters of the field of view: times 2 * disc.radius they are in the photograph's
 * pixels. The size S of the network bounds what is seen of thin vessels: compare only results of one S and one weights
 * file. NAN where a measure says nothing. */
typedef struct vm_measures {
  float seen;    /* share of the region that the photograph shows, 0..1; 0 = not measured */
  float density; /* area density: share of what is seen that is vessel, 0..1 */
  float length;  /* of the vessels' centre lines (Zhang & Suen 1984), less spurs as short as the vessel is wide */
  float length_density; /* skeleton length density: length / area seen, in field diameters per square field diameter */
  float width;          /* mean vessel width: vessel area / length */
  int branch_points;    /* where three or more centre lines meet: branchings and crossings */
  /* Box-counting dimension of the centre lines (Mainster, Eye 1990; Liew et al., Ophthalmology 2008), boxes of 1/8 to
   * 1/64 of the field's diameter; 1 = a line, 2 = a filled plane. NAN in zone B, a ring as narrow as the boxes. */
  float fractal_dimension;
  /* Length / chord of the segments between branch points (Lotmar, Freiburghaus & Bracher 1979), mean weighted by
   * length, of segments whose chord is 1/50 of the field's diameter or more; 1 = straight. */
  float tortuosity;
} vm_measures;

/* The whole field of view, and rings around the optic disc, from 0.5 to 1 (zone B; Hubbard et al. 1999, Knudtson et al.
 * 2003) and from 0.5 to 2 (zone C; Cheung et al. 2010) disc diameters from its margin. */
enum { VM_FIELD, VM_ZONE_B, VM_ZONE_C, VM_REGIONS };

/* The optic disc and its cup as the network draws them, and why there are none. Where two reasons hold, the first of these. */
typedef enum vm_disc_validity {
  VM_DISC_VALID = 0,
  VM_DISC_NO_OUTPUT = 1,    /* the weights draw neither, or S is another than the one that they learnt it at, 512 */
  VM_DISC_NOT_GRADABLE = 2, /* the photograph cannot be judged */
  VM_DISC_NOT_FOUND = 3,    /* no disc is seen */
  VM_DISC_CUT = 4,          /* it reaches the edge of the field of view */
  VM_DISC_IMPLAUSIBLE =
      5, /* what was drawn has not a disc's or cup's shape, size and place, or there is another of its kind */
  VM_DISC_NO_CUP = 6 /* the disc is there; the cup is too small or too faint to be drawn */
} vm_disc_validity;
const char *vm_disc_validity_name(vm_disc_validity validity); /* "valid", "no-output", "not-gradable" ...; never NULL */

/* How far a mask reaches. Lengths are in diameters of the field of view, along the columns and rows of the upright
 * photograph. */
typedef struct vm_extent {
  float x, y;          /* middle of the rectangle around it, in the photograph's pixels */
  float height, width; /* of that rectangle */
  float area;          /* in square field diameters */
} vm_extent;

/* Hours of a clock face that lies on the disc, as the upright photograph shows it: 0 is twelve o'clock, above; 3 is on
 * the right. */
#define VM_HOURS 12

/* Measures of disc and cup where the network's probability reaches 0.5, the cup inside the disc. They hold for a photograph
 * that is upright; a photograph shows pallor and vessels, not depth. Compare only results of one weights file.
 * The rim in an hour: from the cup's margin to the disc's along rays from the disc's middle, as a share of the disc's
 * diameter along the same line (the rim-to-disc ratio; Spaeth et al., Trans Am Ophthalmol Soc 2002), mean over the 30
 * degrees around the hour; 0 where the cup reaches the disc's margin, 0.5 about where there is next to no cup, more where
 * the cup lies off. Right on the whole, to 0.04; which hour is the narrowest it does not tell (weights/RESULTS.md). */
typedef struct vm_disc_cup {
  vm_disc_validity validity;
  float vertical_ratio; /* vertical cup-to-disc ratio: height of the cup / height of the disc, 0..1; NAN unless valid */
  float area_ratio;     /* area of the cup / area of the disc, 0..1; NAN unless valid */
  float rim[VM_HOURS];  /* 0..1; NAN unless valid */
  vm_extent disc;       /* zeros unless VM_DISC_VALID or VM_DISC_NO_CUP */
  vm_extent cup;        /* zeros unless VM_DISC_VALID */
} vm_disc_cup;

/* Lesions that the network draws; which of them, its weights say. */
typedef enum vm_lesion {
  VM_MICROANEURYSM = 0,
  VM_HAEMORRHAGE = 1,
  VM_HARD_EXUDATE = 2,
  VM_SOFT_EXUDATE = 3 /* cotton wool spots */
} vm_lesion;
#define VM_LESIONS 4
const char *vm_lesion_name(vm_lesion kind); /* "microaneurysms", "haemorrhages", "hard-exudates" ...; never NULL */

/* Why there are no lesion measures. Where two reasons hold, the first of these. */
typedef enum vm_lesions_validity {
  VM_LESIONS_VALID = 0,
  VM_LESIONS_NO_OUTPUT = 1,   /* the weights draw none, or S is another than the one that they learnt it at, 512 */
  VM_LESIONS_NOT_GRADABLE = 2 /* the photograph cannot be judged */
} vm_lesions_validity;
const char *vm_lesions_validity_name(vm_lesions_validity validity); /* "valid", "no-output" ...; never NULL */

/* Quadrants of the retina around the place of the fovea: upper or lower half, and away from the optic disc or towards it. */
enum { VM_SUPEROTEMPORAL, VM_SUPERONASAL, VM_INFEROTEMPORAL, VM_INFERONASAL, VM_QUADRANTS };

/* Regions of the ETDRS grid around the place of the fovea: a middle of 1/3 disc diameter, and rings from there to 1 and
 * from 1 to 2, each in quarters between the diagonals (ETDRS report 10, Ophthalmology 1991: a disc diameter is 1500
 * micrometres there). */
enum {
  VM_CENTRE,
  VM_INNER_SUPERIOR,
  VM_INNER_NASAL,
  VM_INNER_INFERIOR,
  VM_INNER_TEMPORAL,
  VM_OUTER_SUPERIOR,
  VM_OUTER_NASAL,
  VM_OUTER_INFERIOR,
  VM_OUTER_TEMPORAL,
  VM_ETDRS
};

/* Lesions of one kind: pieces of the map where the probability reaches the weights' threshold, counted on the network's
 * grid. The network draws what looks like one: drusen, dust and reflexes are drawn, too, and faint ones are not. Compare
 * only results of one S and one weights file. */
typedef struct vm_lesion_measures {
  int drawn;                   /* 0: these weights do not draw this kind, or nothing is valid; all else is 0 then */
  float threshold;             /* on the probability, from the weights file */
  int count;                   /* of pieces; lesions that touch are one */
  float area;                  /* share of the field of view seen, 0..1 */
  int quadrants[VM_QUADRANTS]; /* of count, by the middle of each piece; zeros where the fovea's place is unknown */
  int macula;                  /* of count, within one disc diameter of the fovea's place; likewise */
  int etdrs[VM_ETDRS];         /* of count, by the middle of each piece; likewise */
  float etdrs_area[VM_ETDRS];  /* in square disc diameters; NAN where under half of the region is seen, or likewise */
  const float *map;            /* [size][size] probability, over the square around the field of view; NULL: not drawn */
} vm_lesion_measures;

/* All kinds. The fovea's place is taken from the optic disc, 2.5 disc diameters from its middle on the temple's side, 5.5
 * degrees below the horizontal of an upright photograph: an estimate, not seen in the photograph. */
typedef struct vm_drawn_lesions {
  vm_lesions_validity validity;
  int fovea_known; /* 0: disc or eye are unknown, or the place is out of the field of view; no quadrants, no macula then */
  float fovea_x, fovea_y;     /* in the photograph's pixels; 0 unless known */
  float disc_diameter;        /* likewise: of the optic disc, as drawn where it is, else of the circle */
  float etdrs_seen[VM_ETDRS]; /* share of each region that the photograph shows, 0..1; 0 unless known */
  vm_lesion_measures kinds[VM_LESIONS];
} vm_drawn_lesions;

/* Why arteries are not told from veins. Where two reasons hold, the first of these. */
typedef enum vm_arteries_validity {
  VM_ARTERIES_VALID = 0,
  VM_ARTERIES_NO_OUTPUT =
      1, /* the weights do not tell them apart, or S is another than the one that they learnt it at, 512 */
  VM_ARTERIES_NOT_GRADABLE = 2 /* the photograph cannot be judged */
} vm_arteries_validity;
const char *vm_arteries_validity_name(vm_arteries_validity validity); /* "valid", "no-output" ...; never NULL */

/* Why there are no calibres. Where two reasons hold, the first of these. */
typedef enum vm_calibres_validity {
  VM_CALIBRES_VALID = 0,
  VM_CALIBRES_NO_DISC = 1, /* the optic disc is not found */
  VM_CALIBRES_CUT = 2,     /* the photograph shows fewer than three of the circles whole */
  VM_CALIBRES_FEW = 3      /* under six arteries or six veins cross the zone */
} vm_calibres_validity;
const char *vm_calibres_validity_name(vm_calibres_validity validity); /* "valid", "no-disc" ...; never NULL */

/* Calibres of the vessels around the optic disc, in zone B. The six widest of a kind that cross a circle around the
 * disc make one equivalent (Knudtson et al. 2003); the median over nine circles, as far as they are whole in view and
 * six cross them: three at least. A width is the vessel's area over its length on the network's grid. Fewer than six
 * are not measured: the formula is for six. The grid is coarse for vessels of 3 to 8 cells: compare only results of one
 * S, one weights file and one camera. */
typedef struct vm_calibres {
  vm_calibres_validity validity;
  float crae,
      crve;    /* central retinal artery and vein equivalent, in diameters of the field of view; NAN unless valid */
  float ratio; /* AVR: crae / crve; NAN unless valid */
  int arteries, veins; /* how many cross a circle, the median */
} vm_calibres;

/* Arteries and veins, as the network tells them apart where it draws vessels. */
typedef struct vm_arteries {
  vm_arteries_validity validity;
  float artery_density, vein_density; /* share of the field of view, 0..1; 0 unless valid */
  vm_calibres calibres;               /* zeros unless valid */
  /* [size][size] over the square around the field of view: probability that a vessel there is an artery, not a vein; says
   * nothing where there is no vessel. NULL unless valid. */
  const float *map;
} vm_arteries;

/* Grades of diabetic retinopathy above none, on the International Clinical Diabetic Retinopathy scale (Wilkinson et al.,
 * Ophthalmology 2003): 1 mild, 2 moderate, 3 severe nonproliferative, 4 proliferative. */
#define VM_GRADES 4

/* Why there is no grade. Where two reasons hold, the first of these. */
typedef enum vm_grade_validity {
  VM_GRADE_VALID = 0,
  VM_GRADE_NO_OUTPUT = 1,    /* the weights give none, or S is another than the one that they learnt it at, 512 */
  VM_GRADE_NOT_GRADABLE = 2, /* the photograph cannot be judged */
  VM_GRADE_NOT_SUSPECTED =
      3,                 /* what would be graded does not reach its cut at the operating point, nor is it near it */
  VM_GRADE_DISAGREES = 4 /* it does, or is near it, and the grade would be none: the one speaks against the other */
} vm_grade_validity;
const char *vm_grade_validity_name(vm_grade_validity validity); /* "valid", "no-output", "disagrees" ...; never NULL */

/* The grade at one operating point: what is suspected there is graded. */
typedef struct vm_grade_at {
  vm_grade_validity validity;
  int grade; /* 1 to VM_GRADES; 0 unless valid */
} vm_grade_at;

/* How severe diabetic retinopathy is; src/grade.c says how it is found. One photograph shows a part of the retina. */
typedef struct vm_grade {
  vm_grade_validity validity; /* at the operating point that was asked for, one of `at` */
  int grade;
  /* Probability of at least grade 1, 2, 3 and 4, calibrated as the weights file says, none larger than the one before; zeros
   * where there is no output and where the photograph cannot be judged. */
  float at_least[VM_GRADES];
  vm_grade_at at[VM_POINTS]; /* screening, balanced, specific */
} vm_grade;

/* Why a photograph is hard to judge; src/quality.c says how each is measured. */
typedef enum vm_reason {
  VM_REASON_DARK = 1,
  VM_REASON_BRIGHT = 2, /* overexposed */
  VM_REASON_BLURRED = 4,
  VM_REASON_LOW_CONTRAST = 8, /* hazy, as by a cataract or a dirty lens */
  VM_REASON_FIELD_CUT = 16,   /* much of the field of view is black: lids, lashes, a wrong distance */
  VM_REASON_NOT_FUNDUS = 32,
  VM_REASON_NO_VESSELS = 64, /* none to speak of in the whole field of view */
  VM_REASON_COLOURS = 128,   /* not a camera's: blue is missing, the same as green, or in its place */
  VM_REASON_TURNED =
      256 /* perhaps it lies on its side or stands on its head: by its optic disc, or by what the network sees */
} vm_reason;

/* ---- the answer ---- */

/* What is to be done, the most urgent first. There is no other answer, and none of them says that an eye is healthy. */
typedef enum vm_answer {
  VM_REFER = 1, /* a named finding reaches its cut */
  VM_UNCLEAR =
      2, /* somebody should look: neither a named finding nor normal reaches its cut, or a finding nearly does */
  VM_REPEAT = 3,    /* the photograph cannot be judged, or not be read */
  VM_NO_FINDING = 4 /* by this test: normal reaches its cut, and nothing speaks against it */
} vm_answer;

typedef enum vm_reason_code {
  VM_DECIDED_BY_FINDING = 1,    /* class_index reaches its cut */
  VM_DECIDED_BY_NEAR = 2,       /* class_index lies just under it */
  VM_DECIDED_BY_NOT_NORMAL = 3, /* normal does not reach its own cut */
  VM_DECIDED_BY_EVIDENCE = 4,   /* all findings under their cuts together speak too much for something */
  VM_DECIDED_BY_NORMAL = 5,     /* normal reaches its cut, and nothing speaks against it */
  VM_DECIDED_BY_DARK = 6,
  VM_DECIDED_BY_BRIGHT = 7,
  VM_DECIDED_BY_BLURRED = 8,
  VM_DECIDED_BY_LOW_CONTRAST = 9,
  VM_DECIDED_BY_FIELD_CUT = 10,
  VM_DECIDED_BY_NOT_FUNDUS = 11,
  VM_DECIDED_BY_NO_VESSELS = 12,
  VM_DECIDED_BY_COLOURS = 13,
  VM_DECIDED_BY_NOT_GRADABLE = 14, /* and no fact says why */
  VM_DECIDED_BY_NOT_READABLE = 15, /* of several photographs alone: one could not be read, vm_not_readable() */
  VM_DECIDED_BY_BOTH_EYES = 16,    /* the same: one file stands as both eyes of a patient, vm_both_eyes() */
  VM_DECIDED_BY_TURNED = 17
} vm_reason_code;

/* What is to be said of the diseases that the test looks for and no reason names. */
typedef enum vm_rest {
  VM_REST_NOT_SUSPECTED = 1,
  VM_REST_NOT_JUDGED = 2, /* nothing: the photograph, or that of an eye of the patient, cannot be judged or read */
  VM_REST_HIDDEN = 3 /* nothing: a suspected cataract, or the quality of a photograph that is judged, may hide them */
} vm_rest;

#define VM_MAX_REASONS 16

typedef struct vm_decision_reason {
  vm_reason_code code;
  int class_index; /* of VM_DECIDED_BY_FINDING and _NEAR; else -1 */
} vm_decision_reason;

typedef struct vm_decision {
  vm_answer answer;
  vm_point point;
  vm_rest rest;
  int reason_count;
  vm_decision_reason reasons[VM_MAX_REASONS]; /* the strongest first */
} vm_decision;

const char *vm_answer_name(vm_answer answer);    /* "refer", "unclear", "repeat", "no-finding"; never NULL */
const char *vm_reason_name(vm_reason_code code); /* "finding", "near", "dark" ...; never NULL */
const char *vm_rest_name(vm_rest rest);          /* "not-suspected", "not-judged", "hidden"; never NULL */

/* What stands in vm_decide_together() for a photograph that could not be read or was refused: "repeat" for
 * "not-readable", of the rest nothing is known. */
vm_decision vm_not_readable(vm_point point);

/* What stands there for each eye of a patient whose same file is given as both: of which of them it is, nobody knows, so that
 * it judges neither. "repeat" for "both-eyes"; the file's own decision is given once more, of an unknown eye. */
vm_decision vm_both_eyes(vm_point point);

/* The answer for an eye from several photographs of it, and for a patient from those of his eyes.
 * each [count]: of one operating point and one weights file; for a photograph that could not be read or was refused
 * what vm_not_readable() gives, for an eye of which a file is given as the other one, too, vm_both_eyes(); count >= 1.
 * eyes [count]: of which eye each is. The same number means the same eye; 0 an unknown one, and each such photograph counts
 * as an eye of its own; NULL: all are unknown. All of one number: the answer for that eye.
 * An eye: the worst of the photographs that can be judged ("refer", "unclear", "no-finding"); "repeat" where none can. One
 * that cannot be judged and on which something is suspected all the same counts as "unclear" beside judged ones.
 * A patient: the worst of his eyes, "refer", "unclear", "repeat", "no-finding": no eye clears another that was not
 * judged. One that could not be read is an eye that was not judged, unless another photograph of that eye was; of an
 * unknown eye it may be either, and counts unless two known eyes were judged.
 * Reasons are those of the photographs that gave the answer, each once: findings, near ones, doubts, quality (of "repeat"
 * first quality, then "not-readable" and "both-eyes"), each group's strongest first, ties by code and class; so the
 * photographs' order changes nothing. `rest` is the most cautious of an eye's photographs that gave its answer, and of all
 * eyes of a patient.
 * out may be one of each. VM_ERR_ARGUMENT, VM_ERR_MEMORY. */
vm_status vm_decide_together(const vm_decision *each, const int *eyes, int count, vm_decision *out, vm_error *err);

/* ---- what a photograph gives ---- */

typedef struct vm_class {
  const char *name;        /* from the weights file; lives as long as the result */
  const char *id;          /* the name in lower case with '-' for all but letters and digits: for files and JSON */
  float logit;             /* the network's own output */
  float probability;       /* 0..1, calibrated as the weights file says */
  int named;               /* 1 for a disease that the test looks for; 0 for normal and for others taken together */
  float threshold;         /* on `probability`, at the point of `decision`: one of `cuts` */
  float cuts[VM_POINTS];   /* at each point, chosen on validation data: cuts[i] is where decisions[i] cuts */
  float heatmap_max;       /* largest value of the map in the field of view, in logit units; >= 0 */
  const float *activation; /* [grid][grid]: sum over features of weight * feature; its mean is logit - bias */
  float bias;
} vm_class;

/* How the photograph lies; src/upright.c says what is done about it. */
typedef struct vm_orientation {
  /* By how many degrees it was turned clockwise, and so upright, before all else was found: 0, 90, 270. Maps and places of the
   * result are in the photograph as it was given; what has a direction (hours, quadrants, heights, the eye) is of the upright one. */
  int turned;
  float
      sideways; /* chance that it lies on its side, 0..1; NAN where the weights do not say, or S is another than 512 */
} vm_orientation;

typedef struct vm_result {
  int width, height; /* of the photograph */
  int size, grid;    /* S and S/16 */
  float guide;       /* the strength that was asked for */
  int fine;          /* 1 where vessels and arteries are means, as vm_request says */
  vm_disc disc;
  vm_orientation orientation;
  /* 0..1, that the photograph can be judged: what the network says, and no more than the quality facts say together; 0
   * where it is almost black, shows no vessels at all or has colours that cannot be a retina's */
  float gradability;
  float gradable_at; /* threshold on it, from the weights file */
  int gradable;      /* 1 where gradability reaches gradable_at; `decision` says repeat where it does not */
  unsigned
      reasons; /* vm_reason, added up: what speaks against a photograph that is not gradable, or barely, or hides something */
  float vessel_threshold; /* on the vessel probability, from the weights file */
  float vessel_density;   /* share of the field of view that is vessel, 0..1 */
  int class_count;
  vm_class classes[VM_MAX_CLASSES];
  vm_decision decision;             /* at the operating point that was asked for */
  vm_decision decisions[VM_POINTS]; /* screening, balanced, specific */
  vm_optic_disc optic_disc;
  vm_eye eye;
  float eye_confidence;             /* 0..1; 0 where the eye is unknown */
  vm_measures measures[VM_REGIONS]; /* the field's, zone B's and zone C's */
  vm_disc_cup disc_cup;
  int disc_side; /* S/4 */
  /* [disc_side][disc_side] over the square around the field of view: probability of the disc and of the cup, which is
   * never larger; other pieces that looked like one are 0. NULL where the measures of the same name are zeros. */
  const float *disc_map, *cup_map;
  vm_drawn_lesions lesions; /* no part of the decision */
  vm_arteries arteries;     /* nor are these */
  vm_grade grade;           /* nor is this, which rests on the decision */
  const float *vessels;     /* [size][size] vessel probability, in the square around the disc */
  const float *guide_map;   /* [grid][grid] G, 0..1 */
  /* [grid][grid] mean over the channels of the disease decoder's features, before (F) and after (F') the guide: for
   * teaching. The guide is one channel, so after = before (1 + a guide G). */
  const float *features_before, *features_after;
  void *own; /* private */
} vm_result;

/* Screens one photograph: rgba [height][width][4], 8 bit sRGB, alpha ignored; read only during the call.
 * req may be NULL for the defaults. A failure leaves the model as usable as before. */
vm_status vm_screen(vm_model *model, const uint8_t *rgba, int width, int height, const vm_request *req, vm_result **out,
                    vm_error *err);
void vm_result_free(vm_result *result); /* NULL is fine */

typedef enum vm_layer {
  VM_LAYER_VESSELS = 0,     /* vessel probability */
  VM_LAYER_VESSEL_MASK = 1, /* 1 where the probability reaches vessel_threshold */
  VM_LAYER_HEATMAP = 2,     /* Grad-CAM of class_index (Selvaraju et al. 2017), divided by its own maximum */
  VM_LAYER_GUIDE = 3,       /* G, the vessel guide */
  VM_LAYER_DISC = 4,        /* 1 in the optic disc; only where the result has a disc_map */
  VM_LAYER_CUP = 5,         /* 1 in its cup, which lies in the disc; only where the result has a cup_map */
  VM_LAYER_LESION = 6,      /* probability of the lesions of kind class_index; only where the result has a map of it */
  VM_LAYER_LESION_MASK = 7, /* 1 where it reaches the kind's threshold */
  VM_LAYER_BEFORE = 8,      /* features_before and features_after: vm_map alone gives them */
  VM_LAYER_AFTER = 9,
  VM_LAYER_ARTERIES = 10,  /* 1 where the vessel mask is an artery; only where the result has a map of arteries */
  VM_LAYER_VEINS = 11,     /* 1 where it is a vein; likewise */
  VM_LAYER_ARTERY_MAP = 12 /* probability of artery, not vein, whether there is a vessel or not; likewise */
} vm_layer;

/* A layer's map as the network made it, before it is drawn: VM_LAYER_VESSELS and VM_LAYER_ARTERY_MAP [size][size]; [grid][grid] each:
 * VM_LAYER_HEATMAP activation of class_index in logit units, VM_LAYER_GUIDE, VM_LAYER_BEFORE and VM_LAYER_AFTER. Borrowed:
 * valid until the result is freed. NULL for other layers and where there is no such class. */
const float *vm_map(const vm_result *result, vm_layer layer, int class_index);

/* Draws rows [row, row + rows) of a layer at the photograph's resolution: out [rows][width], 0..1, 0 outside
 * the field of view. class_index counts only for VM_LAYER_HEATMAP, and is a vm_lesion for the lesions' layers. */
vm_status vm_render(const vm_result *result, vm_layer layer, int class_index, int row, int rows, float *out,
                    vm_error *err);
/* The same as 8 bit, 255 = 1. */
vm_status vm_render_u8(const vm_result *result, vm_layer layer, int class_index, int row, int rows, uint8_t *out,
                       vm_error *err);
/* VM_LAYER_VESSELS and VM_LAYER_VESSEL_MASK as vm_render_u8 draws them, in the time of one: each [rows][width], one of
 * both may be NULL. */
vm_status vm_render_vessels(const vm_result *result, int row, int rows, uint8_t *probability, uint8_t *mask,
                            vm_error *err);

/* ---- field of view ---- */

/* Finds the field of view of a photograph, as vm_screen does: round, cut at top and bottom, off-centre, dark. Of a field
 * that is much wider than what is seen of it, or squeezed: the circle inside the square around what is bright.
 * The limits on a photograph's size hold. */
vm_status vm_find_disc(const uint8_t *rgba, int width, int height, vm_disc *disc, vm_error *err);

/* The network's input for a given disc: out [size][size][3], (rgb - 127) / 128, black outside the photograph. The disc's
 * radius is 1 to VM_MAX_SIDE, its centre at most that far outside a photograph of that side. */
vm_status vm_prepare(const uint8_t *rgba, int width, int height, vm_disc disc, int size, float *out, vm_error *err);

/* ---- photographs (native library only; a browser decodes its own) ---- */

typedef struct vm_image {
  int width, height;
  uint8_t *rgba; /* [height][width][4], upright as EXIF says, on black where it is transparent */
} vm_image;

/* Decodes a JPEG or PNG held in memory, within the limits above, and turns it upright. */
vm_status vm_image_load(const void *bytes, size_t size, vm_image *out, vm_error *err);
void vm_image_free(vm_image *image); /* leaves it empty; an empty one is fine */

/* ---- report ---- */

/* Where a result comes from. Every text may be NULL (written as null). */
typedef struct vm_provenance {
  const char *image_name, *image_sha256, *weights_sha256, *binary_sha256;
  const char *variant; /* "native", "simd", "relaxed", "simd-mt", "relaxed-mt" */
  int threads;
} vm_provenance;

/* The result as JSON, as web/report.schema.json describes it. Free with vm_free. */
vm_status vm_report(const vm_result *result, const vm_provenance *from, char **json, vm_error *err);
void vm_free(void *p);

#ifdef __cplusplus
}
#endif
#endif

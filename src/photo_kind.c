#include "photo_kind.h"

#include <stdbool.h>
#include <string.h>

#define CONVERT "convert it to JPEG or PNG with any picture program"
#define PHONE                                                                                                          \
  "convert it to JPEG with the phone's or computer's own photo program (on an iPhone: Camera, Formats, Most "          \
  "Compatible)"
#define FILM "it is a film: save one picture of it as PNG"
#define ANIMATION "it is an animation: save one picture of it as PNG"
#define UNPACK "unpack it first; of a document, take the photograph out and save it as PNG or JPEG"
#define TAKE_OUT "take the photograph out of the document and save it as PNG or JPEG"
#define RAW "it is a camera's raw data: export a JPEG with the camera's program"

enum {
  JPEG,
  PNG,
  APNG,
  WEBP,
  ANIMATED_WEBP,
  TIFF,
  HEIC,
  AVIF,
  JXL,
  JP2,
  JPEG_LS,
  BMP,
  GIF,
  PSD,
  DICOM,
  PNM,
  RAW_DATA,
  VIDEO,
  PDF,
  ZIP,
  SVG,
  XML,
  HTML,
  ARCHIVE,
  OFFICE,
  POSTSCRIPT,
  OCT,
  XCF,
  JXR,
  ICON,
  SIDECAR,
  POINTER
};

static const photo_kind KINDS[] = {
    [JPEG] = {"a", "JPEG", NULL},
    [PNG] = {"a", "PNG", NULL},
    [APNG] = {"an", "APNG", ANIMATION},
    [WEBP] = {"a", "WebP", CONVERT},
    [ANIMATED_WEBP] = {"an", "animated WebP", ANIMATION},
    [TIFF] = {"a", "TIFF", CONVERT},
    [HEIC] = {"a", "HEIC", PHONE},
    [AVIF] = {"an", "AVIF", CONVERT},
    [JXL] = {"a", "JPEG XL", CONVERT},
    [JP2] = {"a", "JPEG 2000", CONVERT},
    [JPEG_LS] = {"a", "JPEG-LS", CONVERT},
    [BMP] = {"a", "BMP", CONVERT},
    [GIF] = {"a", "GIF", "its 256 colours are too few: export the original as JPEG or PNG"},
    [PSD] = {"a", "Photoshop", CONVERT},
    [DICOM] = {"a", "DICOM", "export the picture as PNG or JPEG from the DICOM viewer"},
    [PNM] = {"a", "Netpbm", CONVERT},
    [RAW_DATA] = {"a", "raw", RAW},
    [VIDEO] = {"a", "video", FILM},
    [PDF] = {"a", "PDF", TAKE_OUT},
    [ZIP] = {"a", "ZIP", UNPACK},
    [SVG] = {"an", "SVG", "it is a drawing: give the photograph itself as JPEG or PNG"},
    [XML] = {"an", "XML", "it holds no picture: give the photograph itself as JPEG or PNG"},
    [HTML] = {"an", "HTML", "it is a web page: save the picture itself, not the page around it"},
    [ARCHIVE] = {"a", "packed", UNPACK},
    [OFFICE] = {"a", "Word, Excel or PowerPoint", TAKE_OUT},
    [POSTSCRIPT] = {"a", "PostScript", TAKE_OUT},
    [OCT] = {"an", "OCT device's", "export the colour photograph as JPEG or PNG with the device's program"},
    [XCF] = {"a", "GIMP", "export it as JPEG or PNG with GIMP"},
    [JXR] = {"a", "JPEG XR", CONVERT},
    [ICON] = {"an", "icon", "give the photograph itself as JPEG or PNG"},
    [SIDECAR] = {"a", "macOS sidecar", "it holds no picture: give the file of the same name without ._ in front"},
    [POINTER] = {"a", "Git LFS pointer", "it only says where the picture is: fetch it with git lfs pull"},
};

typedef struct mark {
  uint8_t at, length, kind;
  const char *bytes;
} mark;

static const mark MARKS[] = {
    {0, 3, JPEG, "\xFF\xD8\xFF"},
    {0, 8, PNG, "\x89PNG\r\n\x1A\n"},
    {8, 4, WEBP, "WEBP"},
    {8, 2, RAW_DATA, "CR"}, /* and TIFF's mark in front */
    {0, 4, TIFF, "II*\0"},
    {0, 4, TIFF, "MM\0*"},
    {0, 4, TIFF, "II+\0"},
    {0, 4, TIFF, "MM\0+"},
    {0, 2, JXL, "\xFF\x0A"},
    {0, 8, JXL, "\0\0\0\x0CJXL "},
    {0, 8, JP2, "\0\0\0\x0CjP  "},
    {0, 4, JP2, "\xFF\x4F\xFF\x51"},
    {6, 4, BMP, "\0\0\0\0"}, /* and BM in front */
    {0, 4, GIF, "GIF8"},
    {0, 4, PSD, "8BPS"},
    {128, 4, DICOM, "DICM"},
    {0, 2, PNM, "P5"},
    {0, 2, PNM, "P6"},
    {0, 4, VIDEO, "\x1A\x45\xDF\xA3"},
    {8, 4, VIDEO, "AVI "},
    {0, 5, PDF, "%PDF-"},
    {0, 4, ZIP, "PK\3\4"},
    {0, 4, ZIP, "PK\5\6"}, /* with nothing in it */
    {0, 2, ARCHIVE, "\x1F\x8B"},
    {0, 3, ARCHIVE, "BZh"},
    {0, 6, ARCHIVE, "\xFD\x37zXZ\0"},
    {0, 6, ARCHIVE, "7z\xBC\xAF\x27\x1C"},
    {0, 4, ARCHIVE, "Rar!"},
    {0, 4, OFFICE, "\xD0\xCF\x11\xE0"},
    {0, 4, POSTSCRIPT, "%!PS"},
    {0, 4, POSTSCRIPT, "\xC5\xD0\xD3\xC6"},
    {0, 4, OCT, "CMDb"},
    {0, 8, XCF, "gimp xcf"},
    {0, 3, JXR, "II\xBC"},
    {0, 4, ICON, "\0\0\1\0"},
    {0, 4, ICON, "icns"},
    {0, 4, SIDECAR, "\0\5\x16\7"},
    {0, 15, POINTER, "version https:/"},
    {0, 6, DICOM, "\x08\0\5\0CS"}, /* without its preamble */
    {4, 4, VIDEO, "moov"},
    {4, 4, VIDEO, "mdat"},
    {4, 4, VIDEO, "wide"},
    {0, 4, VIDEO, "\0\0\1\xBA"},
    {0, 4, VIDEO, "FLV\1"},
    {0, 4, VIDEO, "\x30\x26\xB2\x75"},
    {0, 4, VIDEO, "OggS"},
    {0, 8, RAW_DATA, "FUJIFILM"},
    {0, 4, RAW_DATA, "IIRO"},
    {0, 4, RAW_DATA, "IIU\0"},
    {0, 4, RAW_DATA, "\0MRM"},
    {0, 4, RAW_DATA, "FOVb"},
};

/* By the brand of an ISO base media file; whatever else there is are films. */
static const struct {
  char brand[5];
  uint8_t kind;
} BRANDS[] = {{"heic", HEIC}, {"heix", HEIC}, {"hevc", HEIC}, {"hevx", HEIC},    {"heim", HEIC},
              {"heis", HEIC}, {"mif1", HEIC}, {"msf1", HEIC}, {"avif", AVIF},    {"avis", AVIF},
              {"jxl ", JXL},  {"jp2 ", JP2},  {"jpx ", JP2},  {"crx ", RAW_DATA}};

static bool has(const uint8_t *p, size_t size, const mark *m) {
  return size >= (size_t)m->at + m->length && memcmp(p + m->at, m->bytes, m->length) == 0;
}

static const photo_kind *by_brand(const uint8_t *p, size_t size) {
  if (size < 12 || memcmp(p + 4, "ftyp", 4) != 0) return NULL;
  for (size_t i = 0; i < sizeof BRANDS / sizeof *BRANDS; i++)
    if (memcmp(p + 8, BRANDS[i].brand, 4) == 0) {
      /* mif1 and msf1 say how, not with what: AVIF pictures call themselves so too, and name avif further on */
      bool general = p[8] == 'm';
      for (size_t at = 16; general && at + 4 <= size && at < 64; at += 4)
        if (memcmp(p + at, "avif", 4) == 0) return &KINDS[AVIF];
      return &KINDS[BRANDS[i].kind];
    }
  return &KINDS[VIDEO];
}

/* Whether the text begins with a word, in small letters here; capitals in the text count as small ones. */
static bool begins(const uint8_t *p, size_t size, const char *word) {
  size_t n = strlen(word);
  for (size_t i = 0; i < n; i++)
    if (i >= size || (p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i]) != (uint8_t)word[i]) return false;
  return true;
}

/* Whether a word stands among the first bytes of a text. */
static bool holds(const uint8_t *p, size_t size, const char *word) {
  for (size_t i = 0; i < size && i < 1024; i++)
    if (begins(p + i, size - i, word)) return true;
  return false;
}

static const photo_kind *by_text(const uint8_t *p, size_t size) {
  if (begins(p, size, "\xEF\xBB\xBF")) p += 3, size -= 3;
  while (size > 0 && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++, size--;
  if (begins(p, size, "<svg")) return &KINDS[SVG];
  if (begins(p, size, "<?xml")) return &KINDS[holds(p, size, "<svg") ? SVG : holds(p, size, "<html") ? HTML : XML];
  bool page = begins(p, size, "<!doctype") || begins(p, size, "<html") || begins(p, size, "<head") ||
              begins(p, size, "<body") || begins(p, size, "<!--");
  return page ? &KINDS[HTML] : NULL;
}

/* Whether a PNG says that it is an animation: with a chunk acTL before its pixels. Other readers pass it over and show one
 * picture of it, not all the same one. */
static bool is_animated_png(const uint8_t *p, size_t size) {
  for (size_t at = 8; size - at >= 8;) {
    size_t length = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 | (size_t)p[at + 2] << 8 | p[at + 3];
    if (memcmp(p + at + 4, "acTL", 4) == 0) return true;
    if (memcmp(p + at + 4, "IDAT", 4) == 0 || size - at < 12 || length > size - at - 12) return false;
    at += length + 12;
  }
  return false;
}

/* Whether a WebP says so in the flags of its header. */
static bool is_animated_webp(const uint8_t *p, size_t size) {
  return size > 20 && memcmp(p + 12, "VP8X", 4) == 0 && (p[20] & 2) != 0;
}

const photo_kind *photo_kind_of(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
    const mark *m = &MARKS[i];
    if (!has(bytes, size, m)) continue;
    if (m->at == 8 && memcmp(bytes, m->kind == RAW_DATA ? "II*" : "RIFF", m->kind == RAW_DATA ? 3 : 4) != 0) continue;
    if (m->kind == BMP && !(bytes[0] == 'B' && bytes[1] == 'M')) continue;
    if (m->kind == PNM && !(size > 2 && (bytes[2] == '\n' || bytes[2] == ' '))) continue;
    if (m->kind == JPEG && size > 3 && bytes[3] == 0xF7) return &KINDS[JPEG_LS];
    if (m->kind == PNG && is_animated_png(bytes, size)) return &KINDS[APNG];
    if (m->kind == WEBP && is_animated_webp(bytes, size)) return &KINDS[ANIMATED_WEBP];
    return &KINDS[m->kind];
  }
  const photo_kind *k = by_brand(bytes, size);
  return k != NULL ? k : by_text(bytes, size);
}

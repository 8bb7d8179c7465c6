/* Photographs from bytes: PNGs made here, JPEG markers and EXIF made by hand. tests/js has real files of every kind. */
#include "check.h"
#include "photo.h"
#include "photo_inspect.h"
#include "photo_kind.h"
#include "photo_samples.h"
#include "vmnet.h"

static uint8_t *png(int w, int h, size_t *size) {
  uint8_t *p = malloc((size_t)w * (size_t)h * 3), *out = NULL;
  for (int i = 0; i < w * h; i++) p[3 * i] = (uint8_t)(i % w), p[3 * i + 1] = (uint8_t)(i / w), p[3 * i + 2] = 7;
  CHECK(photo_png(p, w, h, 3, &out, size, NULL) == VM_OK, "encode");
  free(p);
  return out;
}

static void expect(const char *what, const void *bytes, size_t size, vm_status want, const char *words) {
  vm_image image;
  vm_error err = {0};
  vm_status s = vm_image_load(bytes, size, &image, &err);
  CHECK(s == want, "%s: status %d (%s)", what, (int)s, err.text);
  CHECK(strstr(err.text, words) != NULL, "%s: \"%s\" is not in \"%s\"", what, words, err.text);
  CHECK((s == VM_OK) == (image.rgba != NULL), "%s: pixels and status disagree", what);
  vm_image_free(&image);
}

/* The checksum of the chunk at p, written behind it. */
static void sign(uint8_t *p) {
  size_t n = ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]) + 4;
  uint32_t c = 0xFFFFFFFFu;
  for (size_t i = 4; i < 4 + n; i++) {
    c ^= p[i];
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
  }
  for (int i = 0; i < 4; i++) p[4 + n + (size_t)i] = (uint8_t)(~c >> (24 - 8 * i));
}

static void patch_png_size(uint8_t *p, uint32_t w, uint32_t h) {
  for (int i = 0; i < 4; i++) p[16 + i] = (uint8_t)(w >> (24 - 8 * i)), p[20 + i] = (uint8_t)(h >> (24 - 8 * i));
  sign(p + 8);
}

static void test_png(void) {
  size_t n;
  uint8_t *p = png(300, 256, &n);
  vm_image image;
  CHECK(vm_image_load(p, n, &image, NULL) == VM_OK && image.width == 300 && image.height == 256, "decode");
  const uint8_t *q = image.rgba + (200 * 300 + 123) * 4;
  CHECK(q[0] == 123 && q[1] == 200 && q[2] == 7 && q[3] == 255, "%d %d %d %d", q[0], q[1], q[2], q[3]);
  vm_image_free(&image);
  for (size_t cut = 1; cut < n; cut += n / 40)
    expect("cut PNG", p, n - cut, n - cut < 8 ? VM_ERR_FORMAT : VM_ERR_DAMAGED,
           n - cut < 8 ? "neither" : "copy it again");
  patch_png_size(p, 60000, 60000);
  expect("60000 x 60000", p, n, VM_ERR_TOO_LARGE, "60000 x 60000");
  patch_png_size(p, 0xFFFFFFFF, 300);
  expect("2^32 wide", p, n, VM_ERR_TOO_LARGE, "8192");
  patch_png_size(p, 8192, 4883); /* 40.0 megapixels and a little */
  expect("over 40 megapixels", p, n, VM_ERR_TOO_LARGE, "40 megapixels");
  patch_png_size(p, 8192, 4882); /* just under: the limit is passed, the data does not fit the header */
  expect("under 40 megapixels", p, n, VM_ERR_DAMAGED, "the PNG is damaged");
  patch_png_size(p, 0, 256);
  expect("no width", p, n, VM_ERR_DAMAGED, "no size");
  vm_free(p);
}

static void test_limits(void) {
  static const struct {
    int w, h;
    vm_status want;
  } sides[] = {{255, 255, VM_ERR_TOO_SMALL},
               {256, 255, VM_ERR_TOO_SMALL},
               {255, 256, VM_ERR_TOO_SMALL},
               {256, 256, VM_OK},
               {257, 256, VM_OK},
               {1, 1, VM_ERR_TOO_SMALL},
               {8192, 256, VM_OK},
               {8193, 256, VM_ERR_TOO_LARGE},
               {256, 8193, VM_ERR_TOO_LARGE}};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
    size_t n;
    uint8_t *p = png(sides[i].w, sides[i].h, &n);
    expect("a side at its limit", p, n, sides[i].want,
           sides[i].want == VM_OK              ? ""
           : sides[i].want == VM_ERR_TOO_SMALL ? "256"
                                               : "8192");
    vm_free(p);
  }
  uint8_t *big = calloc(VM_MAX_BYTES + 1, 1);
  expect("64 MiB and a byte", big, VM_MAX_BYTES + 1, VM_ERR_TOO_LARGE, "64 MiB");
  expect("64 MiB of nothing", big, VM_MAX_BYTES, VM_ERR_FORMAT, "neither JPEG nor PNG");
  free(big);
  expect("empty", "", 0, VM_ERR_FORMAT, "empty");
  expect("text", "hello, this is text", 19, VM_ERR_FORMAT, "neither JPEG nor PNG");
}

/* Any byte of any chunk that changes is noticed, and so are chunks that go missing. */
/* Bytes of the pixels of a PNG, counted pixel by pixel: rows of whole bytes, each after its filter's. */
static size_t packed_bytes(int w, int h, int bits, bool interlaced) {
  static const int pass_of[8][8] = {{0, 5, 3, 5, 1, 5, 3, 5}, {6, 6, 6, 6, 6, 6, 6, 6}, {4, 5, 4, 5, 4, 5, 4, 5},
                                    {6, 6, 6, 6, 6, 6, 6, 6}, {2, 5, 3, 5, 2, 5, 3, 5}, {6, 6, 6, 6, 6, 6, 6, 6},
                                    {4, 5, 4, 5, 4, 5, 4, 5}, {6, 6, 6, 6, 6, 6, 6, 6}};
  size_t sum = 0;
  for (int y = 0; y < h; y++) {
    size_t in_row[7] = {0};
    for (int x = 0; x < w; x++) in_row[interlaced ? pass_of[y % 8][x % 8] : 0]++;
    for (int pass = 0; pass < 7; pass++)
      if (in_row[pass] > 0) sum += 1 + (in_row[pass] * (size_t)bits + 7) / 8;
  }
  return sum;
}

/* A black PNG without compression, with `more` bytes of pixels than its header asks for. */
static uint8_t *black_png(int w, int h, int depth, int kind, bool interlaced, int more, size_t *size) {
  static const int samples[7] = {1, 0, 3, 1, 2, 0, 4};
  size_t n = (size_t)((long)packed_bytes(w, h, depth * samples[kind], interlaced) + more), blocks = (n + 65534) / 65535;
  uint8_t *out = calloc(n + 5 * blocks + 200, 1), *at = out;
  static const uint8_t head[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10}, ends[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D'};
  memcpy(at, head, 8), at += 8;
  const uint8_t header[17] = {0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)depth};
  memcpy(at, header, 17);
  at[17] = (uint8_t)kind, at[20] = interlaced;
  patch_png_size(out, (uint32_t)w, (uint32_t)h), at += 25;
  if (kind == 3) { /* a palette of one colour */
    const uint8_t palette[8] = {0, 0, 0, 3, 'P', 'L', 'T', 'E'};
    memcpy(at, palette, 8), sign(at), at += 15;
  }
  size_t data = n + 5 * blocks + 6;
  const uint8_t chunk[10] = {(uint8_t)(data >> 24),
                             (uint8_t)(data >> 16),
                             (uint8_t)(data >> 8),
                             (uint8_t)data,
                             'I',
                             'D',
                             'A',
                             'T',
                             0x78,
                             0x01};
  uint8_t *start = at;
  memcpy(at, chunk, 10), at += 10;
  for (size_t left = n; left > 0;) {
    size_t part = left < 65535 ? left : 65535;
    const uint8_t block[5] = {part == left, (uint8_t)part, (uint8_t)(part >> 8), (uint8_t)~part, (uint8_t)(~part >> 8)};
    memcpy(at, block, 5), at += 5 + part, left -= part;
  }
  uint32_t adler = (uint32_t)(n % 65521) << 16 | 1;
  for (int i = 0; i < 4; i++) *at++ = (uint8_t)(adler >> (24 - 8 * i));
  sign(start), at += 4;
  memcpy(at, ends, 12), sign(at), at += 12;
  *size = (size_t)(at - out);
  return out;
}

/* Every kind of pixels, woven and not, of every width and height that a weave ends differently in: whole ones are read, and
 * those that hold a byte too few or too many are damaged. */
static void test_png_layouts(void) {
  static const int kinds[][2] = {{0, 1}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 2},
                                 {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (int trial = 0; trial < 9; trial++) {
      int w = 256 + trial % 8, h = 256 + trial * 3 % 8, more = trial == 8 ? -1 : 0;
      for (int interlaced = 0; interlaced < 2; interlaced++) {
        size_t n;
        char what[80];
        snprintf(what, sizeof what, "PNG of kind %d, %d bits, %d x %d, woven %d, %d more", kinds[k][0], kinds[k][1], w,
                 h, interlaced, more);
        uint8_t *p = black_png(w, h, kinds[k][1], kinds[k][0], interlaced, more, &n);
        expect(what, p, n, more ? VM_ERR_DAMAGED : VM_OK, more ? "damaged" : "");
        free(p);
      }
    }
}

static void test_png_checksums(void) {
  size_t n;
  uint8_t *p = png(300, 256, &n);
  for (size_t at = 33; at < n - 12; at += n / 50) {
    p[at] ^= 4;
    expect("PNG with a bit turned", p, n, VM_ERR_DAMAGED, "copy");
    p[at] ^= 4;
  }
  vm_free(p);
}

/* The signature and IHDR: 33 bytes. */
#define PNG_START "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void test_kinds(void) {
  static const struct {
    const char *bytes;
    size_t size, at;
    const char *name, *remedy;
  } kinds[] = {{"\0\0\0\x18"
                "ftypheic",
                12, 0, "a HEIC file", "iPhone"},
               {"\0\0\0\x18"
                "ftypmif1\0\0\0\0mif1heic",
                24, 0, "a HEIC file", "convert it to JPEG"},
               {"\0\0\0\x18"
                "ftypmif1\0\0\0\0mif1avif",
                24, 0, "an AVIF file", "convert it to JPEG"},
               {"\0\0\0\x18"
                "ftypavif",
                12, 0, "AVIF", "convert it to JPEG"},
               {"\0\0\0\x18"
                "ftypisom",
                12, 0, "video", "save one picture"},
               {"\0\0\0\x18"
                "ftypcrx ",
                12, 0, "raw", "export a JPEG"},
               {"\0\0\0\x0CJXL \r\n\x87\n", 12, 0, "JPEG XL", "convert"},
               {"\xFF\x0A\xFA\x1F", 4, 0, "JPEG XL", "convert"},
               {"\0\0\0\x0CjP  \r\n\x87\n", 12, 0, "JPEG 2000", "convert"},
               {"\xFF\x4F\xFF\x51", 4, 0, "JPEG 2000", "convert"},
               {"\xFF\xD8\xFF\xF7", 4, 0, "JPEG-LS", "convert"},
               {"BM\x36\x10\x0E\0\0\0\0\0\x36", 11, 0, "BMP", "convert"},
               {"GIF89a\1\0\1\0", 10, 0, "GIF", "256 colours"},
               {"DICM", 4, 128, "DICOM", "export the picture as PNG or JPEG"},
               {"II*\0\x08\0\0\0", 8, 0, "TIFF", "convert"},
               {"MM\0*\0\0\0\x08", 8, 0, "TIFF", "convert"},
               {"RIFF\x10\0\0\0WEBPVP8 ", 16, 0, "a WebP file", "convert"},
               {"RIFF\x10\0\0\0WEBPVP8X\x0A\0\0\0\x20", 21, 0, "a WebP file", "convert"},
               {"RIFF\x10\0\0\0WEBPVP8X\x0A\0\0\0\x22", 21, 0, "an animated WebP file", "one picture of it"},
               {PNG_START "\0\0\0\0acTL\0\0\0\0", 45, 0, "an APNG file", "it is an animation: save one picture"},
               {PNG_START "\0\0\0\1tEXt \0\0\0\0\0\0\0\x08"
                          "acTL",
                54, 0, "an APNG file", "animation"},
               {"RIFF\x10\0\0\0"
                "AVI LIST",
                16, 0, "video", "one picture"},
               {"P6\n300 300\n255\n", 15, 0, "Netpbm", "convert"},
               {"8BPS\0\1", 6, 0, "Photoshop", "convert"},
               {"%PDF-1.7", 8, 0, "PDF", "out of the document"},
               {"PK\3\4\x14\0", 6, 0, "ZIP", "unpack it"},
               {"\xEF\xBB\xBF\n <!DOCTYPE HTML>", 20, 0, "HTML", "the picture itself"},
               {"<html><body>", 12, 0, "HTML", "the picture itself"},
               {"<?xml version=\"1.0\"?><svg>", 26, 0, "SVG", "the photograph itself"},
               {"BM, as in the text of a letter", 30, 0, "neither JPEG nor PNG", "give a JPEG or PNG"},
               {"P6 is a road", 12, 0, "neither JPEG nor PNG", ""}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    uint8_t file[300] = {0};
    memcpy(file + kinds[i].at, kinds[i].bytes, kinds[i].size);
    expect(kinds[i].name, file, sizeof file, VM_ERR_FORMAT, kinds[i].name);
    expect(kinds[i].name, file, sizeof file, VM_ERR_FORMAT, kinds[i].remedy);
  }
}

/* A chunk of that name counts before the pixels alone, as readers of animations have it; nothing is read past the end. */
static void test_animation(void) {
  static const char after[] = PNG_START "\0\0\0\0IDAT\0\0\0\0\0\0\0\x08"
                                        "acTL",
                    inside[] = PNG_START "\0\0\0\4tEXtacTL\0\0\0\0",
                    beyond[] = PNG_START "\xFF\xFF\xFF\xFFtEXtacTLacTLacTL";
  static const struct {
    const char *bytes;
    size_t size;
  } files[] = {{after, sizeof after - 1}, {inside, sizeof inside - 1}, {beyond, sizeof beyond - 1}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    for (size_t size = 8; size <= files[i].size; size++) {
      uint8_t *copy = malloc(size); /* of that size, for whoever watches over memory */
      memcpy(copy, files[i].bytes, size);
      const photo_kind *kind = photo_kind_of(copy, size);
      CHECK(kind != NULL && strcmp(kind->name, "PNG") == 0, "file %zu, %zu bytes", i, size);
      free(copy);
    }
}

/* Each mark by itself, and that it stands where it has to. */
static void test_marks(void) {
#define MARK(at, bytes, name) {bytes, sizeof bytes - 1, at, name}
  static const struct {
    const char *bytes;
    size_t size, at;
    const char *name;
  } marks[] = {MARK(0, "PK\5\6", "a ZIP"),
               MARK(0, "\x1F\x8B", "packed"),
               MARK(0, "BZh", "packed"),
               MARK(0, "\xFD\x37zXZ\0", "packed"),
               MARK(0, "7z\xBC\xAF\x27\x1C", "packed"),
               MARK(0, "Rar!", "packed"),
               MARK(0, "\xD0\xCF\x11\xE0", "Word, Excel or PowerPoint"),
               MARK(0, "%!PS", "PostScript"),
               MARK(0, "\xC5\xD0\xD3\xC6", "PostScript"),
               MARK(0, "CMDb", "an OCT device's"),
               MARK(0, "gimp xcf", "GIMP"),
               MARK(0, "II\xBC", "JPEG XR"),
               MARK(0, "\0\0\1\0", "icon"),
               MARK(0, "icns", "an icon"),
               MARK(0, "\0\5\x16\7", "macOS sidecar"),
               MARK(0, "version https:/", "Git LFS pointer"),
               MARK(0, "\x08\0\5\0CS", "DICOM"),
               MARK(4, "moov", "video"),
               MARK(4, "mdat", "video"),
               MARK(4, "wide", "video"),
               MARK(0, "\0\0\1\xBA", "video"),
               MARK(0, "FLV\1", "video"),
               MARK(0, "\x30\x26\xB2\x75", "video"),
               MARK(0, "OggS", "video"),
               MARK(0, "\x1A\x45\xDF\xA3", "video"),
               MARK(0, "FUJIFILM", "raw"),
               MARK(0, "IIRO", "raw"),
               MARK(0, "IIU\0", "raw"),
               MARK(0, "\0MRM", "raw"),
               MARK(0, "FOVb", "raw"),
               MARK(0, "II*\0\x10\0\0\0CR", "raw"),
               MARK(0, "II+\0", "TIFF"),
               MARK(0, "MM\0+", "TIFF"),
               MARK(0, "P5\n", "Netpbm"),
               MARK(4, "ftypheix", "HEIC"),
               MARK(4, "ftyphevc", "HEIC"),
               MARK(4, "ftyphevx", "HEIC"),
               MARK(4, "ftypheim", "HEIC"),
               MARK(4, "ftypheis", "HEIC"),
               MARK(4, "ftypmsf1", "HEIC"),
               MARK(4, "ftypavis", "an AVIF"),
               MARK(4, "ftypjxl ", "JPEG XL"),
               MARK(4, "ftypjp2 ", "JPEG 2000"),
               MARK(4, "ftypjpx ", "JPEG 2000"),
               MARK(0, "<svg", "an SVG"),
               MARK(0, "\t<?xml?><html>", "an HTML"),
               MARK(0, "<?xml?><ClinicalDocument>", "an XML"),
               MARK(0, " \r\n<HEAD>", "HTML"),
               MARK(0, "<body>", "HTML"),
               MARK(0, "<!-- a page", "HTML")};
#undef MARK
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    uint8_t file[80];
    memset(file, 0xA5, sizeof file);
    memcpy(file + marks[i].at, marks[i].bytes, marks[i].size);
    expect(marks[i].name, file, sizeof file, VM_ERR_FORMAT, marks[i].name);
    memset(file, 0xA5, sizeof file); /* a place too far back, or cut off: it is something else then */
    memcpy(file + marks[i].at + 1, marks[i].bytes, marks[i].size);
    bool text = strchr("< \t", *marks[i].bytes) != NULL;
    if (!text) expect("no such mark", file, sizeof file, VM_ERR_FORMAT, "neither JPEG nor PNG");
    memset(file, 0xA5, sizeof file);
    memcpy(file + marks[i].at, marks[i].bytes, marks[i].size);
    if (!text && marks[i].size < 9)
      expect("a mark cut off", file, marks[i].at + marks[i].size - 1, VM_ERR_FORMAT, "neither JPEG nor PNG");
  }
}

static void test_exif(void) {
  static uint8_t exif[64] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
  CHECK(photo_exif_orientation(exif, 32) == 6, "little endian");
  for (uint8_t v = 0; v < 12; v++) {
    exif[24] = v;
    CHECK(photo_exif_orientation(exif, 32) == (v >= 1 && v <= 8 ? v : 0), "value %d", v);
  }
  exif[24] = 6;
  for (size_t n = 0; n < 28; n++) CHECK(photo_exif_orientation(exif, n) == 0, "cut at %zu", n);
  static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0";
  CHECK(photo_exif_orientation(big, sizeof big - 1) == 3, "big endian");
  CHECK(photo_exif_orientation(big + 6, sizeof big - 7) == 3, "without the word before it, as in PNG and WebP");
  static const uint8_t wide[] = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x08";
  CHECK(photo_exif_orientation(wide, sizeof wide - 1) == 8, "as a long number");
  static const uint8_t other[] = "II*\0\x08\0\0\0\x02\0\x0F\x01\x03\0\x01\0\0\0\x06\0\0\0"
                                 "\x1A\x01\x03\0\x01\0\0\0\x03\0\0";
  CHECK(photo_exif_orientation(other, sizeof other) == 0, "other tags alone");
  exif[10] = 0xFF, exif[11] = 0xFF, exif[12] = 0xFF, exif[13] = 0xFF;
  CHECK(photo_exif_orientation(exif, 32) == 0, "directory far outside");
}

static void test_jpeg_header(void) {
  /* SOI, SOF0 of 60000 x 60000, no scan: the size is refused before the missing rest */
  static const uint8_t huge[] = {0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0xEA, 0x60, 0xEA, 0x60, 1, 1, 0x11, 0};
  expect("JPEG of 60000 x 60000", huge, sizeof huge, VM_ERR_TOO_LARGE, "60000 x 60000");
  static const uint8_t marks[] = {0xFF, 0xD8, 0xFF, 0xFF, 0x01, 0xFF, 0xC0, 0, 11, 8,
                                  0xEA, 0x60, 0xEA, 0x60, 1,    1,    0x11, 0, 0};
  expect("the same after a fill byte and a mark without length", marks, sizeof marks, VM_ERR_TOO_LARGE,
         "60000 x 60000");
  static const uint8_t bare[] = {0xFF, 0xD8, 0xFF, 0xD9};
  expect("JPEG without picture", bare, sizeof bare, VM_ERR_DAMAGED, "ends before its pixels");
}

/* The sample, with an EXIF block in front that says nothing of the orientation, and one that does. */
static void test_jpeg_orientation(void) {
  static const uint8_t blocks[] = "\xFF\xE1\0\x10"
                                  "Exif\0\0II*\0\x08\0\0\0"
                                  "\xFF\xE1\0\x22"
                                  "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x06\0\0\0\0";
  size_t n, more = sizeof blocks - 1;
  uint8_t *p = read_all("web/sample/retina.jpg", &n), *file = malloc(n + more);
  memcpy(file, p, 2);
  memcpy(file + 2, blocks, more);
  memcpy(file + 2 + more, p + 2, n - 2);
  photo_header header;
  vm_error err = {0};
  CHECK(photo_inspect(file, n + more, &header, &err) == VM_OK && header.orientation == 6, "%d %s", header.orientation,
        err.text);
  free(file);
  free(p);
}

/* The sample with a block put in at a place. Its status from photo_inspect. */
static vm_status inspect_with(const uint8_t *block, size_t more, bool at_end, photo_header *header, vm_error *err) {
  size_t n;
  uint8_t *p = read_all("web/sample/retina.jpg", &n), *file = malloc(n + more);
  size_t at = at_end ? n - 2 : 2;
  memcpy(file, p, at);
  memcpy(file + at, block, more);
  memcpy(file + at + more, p + at, n - at);
  vm_status status = photo_inspect(file, n + more, header, err);
  free(file);
  free(p);
  return status;
}

/* C4, C8 and CC begin no frame, though they lie between marks that do; a second frame is damage, of whichever kind. */
static void test_jpeg_frames(void) {
  uint8_t block[] = {0xFF, 0, 0, 15, 8, 1, 44, 1, 44, 1, 1, 0x11, 0, 0, 0, 0, 0};
  photo_header plain, header;
  vm_error err = {0};
  CHECK(inspect_with(block, 0, false, &plain, &err) == VM_OK, "%s", err.text);
  static const uint8_t none[] = {0xC8, 0xCC};
  for (size_t i = 0; i < sizeof none; i++) {
    block[1] = none[i];
    CHECK(inspect_with(block, sizeof block, false, &header, &err) == VM_ERR_DAMAGED && header.width == plain.width,
          "mark %02X: %s", none[i], err.text);
  }
  for (int mark = 0xC0; mark <= 0xCF; mark++) {
    if (mark == 0xC4 || mark == 0xC8 || mark == 0xCC) continue;
    char words[16];
    snprintf(words, sizeof words, "(mark %02X)", (unsigned)mark);
    block[1] = (uint8_t)mark;
    CHECK(inspect_with(block, sizeof block, true, &header, &err) == VM_ERR_DAMAGED && strstr(err.text, words) != NULL,
          "a second frame, mark %02X: %s", (unsigned)mark, err.text);
  }
}

/* Changed inside, between two marks that are still there. */
static void test_jpeg_damage(void) {
  size_t n;
  uint8_t *p = read_all("web/sample/retina.jpg", &n), *file = malloc(n);
  int noticed = 0, tried = 0;
  for (size_t at = n / 5; at < n - 5000; at += n / 40, tried++) {
    memcpy(file, p, n);
    memset(file + at, 0, 512);
    vm_image image;
    vm_error err = {0};
    vm_status s = vm_image_load(file, n, &image, &err);
    noticed += s == VM_ERR_DAMAGED && strstr(err.text, "copy or export it again") != NULL;
    vm_image_free(&image);
  }
  CHECK(noticed >= tried * 9 / 10, "%d of %d noticed", noticed, tried);
  expect("whole", p, n, VM_OK, "");
  memcpy(file, p, n);
  memset(file + n / 2, 0, n - 2 - n / 2);
  expect("zeros up to the end mark", file, n, VM_ERR_DAMAGED, "JPEG is damaged");
  size_t start = 0;
  while (p[start] != 0xFF || p[start + 1] != 0xDA) start++;
  start += 2 + ((size_t)p[start + 2] << 8 | p[start + 3]);
  for (int k = 0, before = 0; k < 8;
       k++) { /* cut after k ninths of its codes: the row that is told is where they end */
    size_t cut = start + (n - 2 - start) * (size_t)k / 9;
    memcpy(file, p, cut);
    file[cut] = 0xFF, file[cut + 1] = 0xD9;
    vm_image image;
    vm_error err = {0};
    CHECK(vm_image_load(file, cut + 2, &image, &err) == VM_ERR_DAMAGED, "cut after %d ninths: %s", k, err.text);
    vm_image_free(&image);
    int row = -1, rows = 0;
    const char *told = strstr(err.text, "in row ");
    CHECK(told != NULL && sscanf(told, "in row %d of %d", &row, &rows) == 2 && row > before && row < rows &&
              (k > 0 || row == 1),
          "cut after %d ninths: %s", k, err.text);
    before = row;
  }
  free(file);
  free(p);
}

/* A JPEG up to its frame header, which says of what kind it is. */
static void test_jpeg_kinds(void) {
  uint8_t file[] = {0xFF, 0xD8, 0xFF, 0xC1, 0, 11, 12, 1, 44, 1, 44, 1, 1, 0x11, 0, 0xFF, 0xD9};
  expect("12 bits", file, sizeof file, VM_ERR_FORMAT, "12-bit");
  file[6] = 8, file[3] = 0xC3;
  expect("lossless", file, sizeof file, VM_ERR_FORMAT, "lossless");
  file[3] = 0xC9;
  expect("arithmetic", file, sizeof file, VM_ERR_FORMAT, "arithmetically");
  file[3] = 0xC5;
  expect("hierarchical", file, sizeof file, VM_ERR_FORMAT, "hierarchical");
}

/* ---- JPEGs of segments in another order, or with others among them ---- */

typedef struct part {
  uint8_t mark;
  const uint8_t *bytes; /* borrowed */
  size_t size;
} part;

typedef struct parts {
  uint8_t *file; /* owned */
  part list[60];
  int count;
} parts;

/* A file's segments, the data of a scan with its header; the last is the end mark. */
static parts split(const char *path) {
  size_t n, at = 2;
  parts all = {.file = read_all(path, &n)};
  while (at < n && all.count < 50) {
    const uint8_t *p = all.file + at;
    size_t size = p[1] == 0xD9 ? 2 : 2 + ((size_t)p[2] << 8 | p[3]);
    while (p[1] == 0xDA && !(p[size] == 0xFF && p[size + 1] != 0 && (p[size + 1] & 0xF8) != 0xD0)) size++;
    all.list[all.count++] = (part){p[1], p, size};
    at += size;
  }
  return all;
}

/* The nth segment of a mark, from 0 on. */
static int find_part(const parts *all, uint8_t mark, int nth) {
  for (int i = 0; i < all->count; i++)
    if (all->list[i].mark == mark && nth-- == 0) return i;
  CHECK(false, "no mark %02X", mark);
  return 0;
}

static void put_part(parts *all, int at, part p) {
  memmove(all->list + at + 1, all->list + at, (size_t)(all->count++ - at) * sizeof p);
  all->list[at] = p;
}

static part take_part(parts *all, int at) {
  part p = all->list[at];
  memmove(all->list + at, all->list + at + 1, (size_t)(--all->count - at) * sizeof p);
  return p;
}

/* Frees the parts. */
static uint8_t *joined(parts *all, size_t *size) {
  uint8_t *out = malloc(200000);
  *size = 2;
  out[0] = 0xFF, out[1] = 0xD8;
  for (int i = 0; i < all->count; i++) {
    if (all->list[i].size > 0) memcpy(out + *size, all->list[i].bytes, all->list[i].size);
    *size += all->list[i].size;
  }
  free(all->file);
  return out;
}

static void expect_parts(const char *what, parts *all, vm_status want, const char *words) {
  size_t n;
  uint8_t *file = joined(all, &n);
  expect(what, file, n, want, words);
  free(file);
}

#define BASE "tests/fuzz/seeds/photo/base.jpg"
#define PROGRESSIVE "tests/fuzz/seeds/photo/progressive.jpg"

/* A segment that some decoders pass over, and others stop at before the pixels, is damage wherever it stands; and what
 * stb_image did not decode to the end is no picture. */
static void test_jpeg_strange_marks(void) {
  static const char *const seeds[] = {BASE, PROGRESSIVE};
  uint8_t segment[] = {0xFF, 0, 0, 6, 0, 0, 0, 0};
  for (int seed = 0; seed < 2; seed++)
    for (int at_end = 0; at_end < 2; at_end++)
      for (int mark = 0; mark < 0xFF; mark++) {
        if (mark == 0xC4 || mark == 0xD9 || mark == 0xDA || mark == 0xDB) continue;
        bool aside = mark == 0xFE || (mark & 0xF0) == 0xE0;
        segment[1] = (uint8_t)mark;
        parts all = split(seeds[seed]);
        put_part(&all, find_part(&all, at_end ? 0xD9 : 0xDA, 0), (part){0, segment, mark == 1 ? 2 : sizeof segment});
        size_t n;
        uint8_t *file = joined(&all, &n);
        char what[60];
        snprintf(what, sizeof what, "%s, mark %02X, %d", seeds[seed], (unsigned)mark, at_end);
        expect(what, file, n, aside ? VM_OK : VM_ERR_DAMAGED, aside ? "" : "damaged");
        bool unknown = mark >= 0xF0 || mark == 0x01 || mark == 0xCC || mark == 0xDD || mark == 0xDE;
        int width, height;
        const char *why;
        uint8_t *rgba = unknown && !aside ? photo_jpeg_pixels(file, n, &width, &height, &why) : NULL;
        CHECK(rgba == NULL, "%s: decoded without the check", what);
        free(rgba);
        free(file);
      }
}

/* Scans whose order different decoders make different pictures of. */
static void test_jpeg_order(void) {
  parts all = split(PROGRESSIVE);
  take_part(&all, find_part(&all, 0xDA, 0));
  expect_parts("the mean's last bits alone", &all, VM_ERR_DAMAGED, "(mark DA)");
  all = split(PROGRESSIVE);
  part first = take_part(&all, find_part(&all, 0xDA, 0));
  put_part(&all, all.count - 1, first);
  expect_parts("the mean last", &all, VM_ERR_DAMAGED, "(mark DA)");
  all = split(PROGRESSIVE);
  put_part(&all, all.count - 1, all.list[find_part(&all, 0xDA, 0)]);
  expect_parts("the mean again", &all, VM_ERR_DAMAGED, "(mark DA)");
  all = split(PROGRESSIVE);
  int again = find_part(&all, 0xDA, 2);
  put_part(&all, all.count - 1, all.list[again - 1]);
  put_part(&all, all.count - 1, all.list[again]);
  expect_parts("others again, without their last bit", &all, VM_ERR_DAMAGED, "(mark DA)");
  all = split(PROGRESSIVE);
  first = take_part(&all, find_part(&all, 0xDA, 0));
  put_part(&all, find_part(&all, 0xDA, 0) + 1, first);
  expect_parts("others before the mean", &all, VM_ERR_DAMAGED, "(mark DA)");
  all = split(BASE);
  put_part(&all, all.count - 1, all.list[find_part(&all, 0xDA, 0)]);
  expect_parts("a second scan of all", &all, VM_ERR_DAMAGED, "(mark DA)");
}

/* Some decoders divide by the steps that a component's first scan had, others by the last. */
static void test_jpeg_late_steps(void) {
  uint8_t steps[69] = {0xFF, 0xDB, 0, 67, 0};
  memset(steps + 5, 1, 64);
  static const char *const seeds[] = {BASE, PROGRESSIVE};
  for (int seed = 0; seed < 2; seed++)
    for (int at_end = 0; at_end < 2; at_end++) {
      parts all = split(seeds[seed]);
      put_part(&all, at_end ? all.count - 1 : find_part(&all, 0xDA, 0) + 1, (part){0xDB, steps, sizeof steps});
      expect_parts("steps behind a scan", &all, VM_ERR_DAMAGED, "(mark DB)");
    }
}

/* Tables of codes that libjpeg refuses: with a code of ones alone, and with a length of means that there is not. */
static void test_jpeg_codes(void) {
  static const struct {
    const char *what;
    int table; /* in base.jpg */
    uint8_t symbol;
    vm_status want;
  } codes[] = {{"a code of ones alone", 1, 0xFE, VM_ERR_DAMAGED},
               {"a mean of 32 bits", 0, 32, VM_ERR_DAMAGED},
               {"a mean of 16 bits", 0, 16, VM_ERR_DAMAGED},
               {"a mean of 15 bits that is never used", 0, 15, VM_OK}};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    parts all = split(BASE);
    part *table = &all.list[find_part(&all, 0xC4, codes[i].table)];
    uint8_t longer[200];
    memcpy(longer, table->bytes, table->size);
    longer[3]++, longer[20]++; /* one more of 16 bits */
    longer[table->size] = codes[i].symbol;
    *table = (part){0xC4, longer, table->size + 1};
    expect_parts(codes[i].what, &all, codes[i].want, codes[i].want == VM_OK ? "" : "(mark C4)");
  }
}

/* Adds a scan of one coefficient of 1024 blocks, all 0, and its header. */
static uint8_t *put_scan(uint8_t *to, int coefficient, int bits) {
  const uint8_t head[] = {0xFF, 0xDA, 0, 8, 1, 1, 0, (uint8_t)coefficient, (uint8_t)coefficient, (uint8_t)bits};
  memcpy(to, head, sizeof head), to += sizeof head;
  if (coefficient == 0) return memset(to, 0, 128), to + 128; /* codes of one bit */
  to[0] = 0, to[1] = 0x1F;                                   /* a code of one bit, and ten: a run of 1024 */
  return to + 2;
}

/* As many scans as Chromium decodes, and one more. */
static void test_jpeg_scans(void) {
  static const uint8_t head[] = {0xFF, 0xC2, 0, 11, 8, 1, 0, 1, 0, 1, 1, 0x11, 0};
  static const uint8_t codes[] = {0xFF, 0xC4, 0,    38, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                  0,    0,    0x10, 1,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xA0};
  for (int more = 33; more <= 34; more++) { /* scans of last bits, beside 64 */
    uint8_t file[4000] = {0xFF, 0xD8, 0xFF, 0xDB, 0, 67}, *to = file + 71;
    memset(file + 7, 1, 64);
    memcpy(to, head, sizeof head), to += sizeof head;
    memcpy(to, codes, sizeof codes), to += sizeof codes;
    for (int k = 0; k < 64; k++) to = put_scan(to, k, k > 0 && k <= more ? 1 : 0);
    for (int k = 1; k <= more; k++) to = put_scan(to, k, 0x10);
    to[0] = 0xFF, to[1] = 0xD9;
    expect("many scans", file, (size_t)(to + 2 - file), more == 33 ? VM_OK : VM_ERR_DAMAGED,
           more == 33 ? "" : "(mark DA)");
  }
}

/* A JPEG of tests/fuzz/seeds/photo/ with another frame: other sides, and its components, or the first of them, called
 * and sampled otherwise. Its blocks then fill another picture: a whole one, where there are as many of them in as many
 * MCUs. */
typedef struct frame {
  const char *what, *seed;
  int width, height, components;
  uint8_t sampling[4], ids[4];
  bool jfif;
  int adobe;     /* -1: without its mark */
  uint32_t want; /* sum_of Chromium's pixels */
} frame;

static uint8_t *remade(const frame *f, size_t *size) {
  size_t n, to = 2;
  uint8_t *p = read_all(f->seed, &n), *out = malloc(n + 32);
  out[0] = 0xFF, out[1] = 0xD8;
  if (f->adobe >= 0) {
    const uint8_t mark[16] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (uint8_t)f->adobe};
    memcpy(out + to, mark, 16), to += 16;
  }
  for (size_t at = 2; at < n;) {
    size_t length = 2 + ((size_t)p[at + 2] << 8 | p[at + 3]);
    uint8_t mark = p[at + 1], *head = out + to;
    bool frame_header = mark == 0xC0 || mark == 0xC2, scan_header = mark == 0xDA;
    if (scan_header) length = n - at;
    if (mark == 0xEE || (mark == 0xE0 && !f->jfif)) {
      at += length;
      continue;
    }
    memcpy(head, p + at, length), at += length, to += length;
    if (!frame_header && !scan_header) continue;
    int before = head[frame_header ? 9 : 4], each = frame_header ? 3 : 2;
    uint8_t *first = head + (frame_header ? 10 : 5), *end = first + each * before;
    for (int k = 0; k < f->components; k++) {
      first[each * k] = f->ids[k];
      if (frame_header) first[3 * k + 1] = f->sampling[k];
    }
    memmove(first + each * f->components, end, (size_t)(out + to - end));
    to -= (size_t)(each * (before - f->components));
    head[3] = (uint8_t)(head[3] - each * (before - f->components));
    head[frame_header ? 9 : 4] = (uint8_t)f->components;
    if (!frame_header) continue;
    head[5] = (uint8_t)(f->height >> 8), head[6] = (uint8_t)f->height;
    head[7] = (uint8_t)(f->width >> 8), head[8] = (uint8_t)f->width;
  }
  free(p);
  *size = to;
  return out;
}

static uint32_t sum_of(const uint8_t *p, size_t n) { /* FNV-1a */
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < n; i++) sum = (sum ^ p[i]) * 16777619u;
  return sum;
}

/* Pixels to the last bit as Chromium 150, Firefox and WebKitGTK decode the same files. */
static void test_jpeg_pixels(void) {
#define SEED "tests/fuzz/seeds/photo/"
#define ONE_TO_THREE {1, 2, 3, 4}
#define CALLED_RGB {'R', 'G', 'B', 4}
  static const frame frames[] = {
      {"2 x 2", SEED "base.jpg", 253, 250, 3, {0x22, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0xCD718749},
      {"progressive", SEED "progressive.jpg", 253, 250, 3, {0x22, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0xCD718749},
      {"4 x 1", SEED "base.jpg", 509, 127, 3, {0x41, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0x09C19471},
      {"1 x 4", SEED "base.jpg", 127, 509, 3, {0x14, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0xF5D7F3CA},
      {"2 x 1", SEED "cmyk.jpg", 509, 253, 3, {0x21, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0xBC556BE1},
      {"1 x 2", SEED "cmyk.jpg", 253, 509, 3, {0x12, 0x11, 0x11}, ONE_TO_THREE, true, -1, 0x9554007C},
      {"coarse lightness", SEED "cmyk.jpg", 507, 251, 3, {0x11, 0x21, 0x11}, ONE_TO_THREE, true, -1, 0x08937AC0},
      {"grey", SEED "cmyk.jpg", 511, 505, 1, {0x11}, {1}, false, -1, 0xE30627D4},
      {"JFIF, called RGB", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, CALLED_RGB, true, -1, 0x29976D3B},
      {"JFIF, RGB by Adobe", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, ONE_TO_THREE, true, 0, 0x29976D3B},
      {"called RGB", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, CALLED_RGB, false, -1, 0x8E6E832D},
      {"RGB by Adobe", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, ONE_TO_THREE, false, 0, 0x8E6E832D},
      {"YCbCr by Adobe", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, CALLED_RGB, false, 1, 0x29976D3B},
      {"no marks", SEED "base.jpg", 256, 256, 3, {0x22, 0x11, 0x11}, {0, 1, 2}, false, -1, 0x29976D3B},
      {"inks", SEED "cmyk.jpg", 256, 256, 4, {0x11, 0x11, 0x11, 0x11}, ONE_TO_THREE, false, 0, 0x3DE2B913},
      {"inks without a mark",
       SEED "cmyk.jpg",
       256,
       256,
       4,
       {0x11, 0x11, 0x11, 0x11},
       ONE_TO_THREE,
       false,
       -1,
       0x3DE2B913},
      {"YCCK", SEED "cmyk.jpg", 256, 256, 4, {0x11, 0x11, 0x11, 0x11}, ONE_TO_THREE, false, 2, 0x7580C22F},
      {"four, YCbCr by Adobe",
       SEED "cmyk.jpg",
       256,
       256,
       4,
       {0x11, 0x11, 0x11, 0x11},
       ONE_TO_THREE,
       false,
       1,
       0x7580C22F},
  };
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
    const frame *f = &frames[i];
    size_t n;
    int width = 0, height = 0;
    const char *why = "";
    uint8_t *file = remade(f, &n), *rgba = photo_jpeg_pixels(file, n, &width, &height, &why);
    CHECK(rgba != NULL && width == f->width && height == f->height, "%s: %s", f->what, why);
    uint32_t sum = rgba != NULL ? sum_of(rgba, 4 * (size_t)width * (size_t)height) : 0;
    CHECK(sum == f->want, "%s: %08X", f->what, (unsigned)sum);
    free(rgba);
    free(file);
  }
  size_t n;
  uint8_t *sample = read_all("web/sample/retina.jpg", &n);
  vm_image image;
  CHECK(vm_image_load(sample, n, &image, NULL) == VM_OK, "the sample");
  uint32_t sum = sum_of(image.rgba, 4 * (size_t)image.width * (size_t)image.height);
  CHECK(sum == 0x2253847A, "the sample: %08X", (unsigned)sum);
  vm_image_free(&image);
  free(sample);
}

/* Marks of colours count as libjpeg counts them: long enough, of any version, before the first scan. */
static void test_jpeg_colour_marks(void) {
  static const uint8_t rgb[] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0},
                       later[] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 1, 100, 0, 0, 0, 0, 0},
                       shorter[] = {0xFF, 0xEE, 0, 13, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0},
                       jfif[] = {0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0},
                       short_jfif[] = {0xFF, 0xE0, 0, 15, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0};
#define NONE {0, NULL, 0}
#define SEGMENT(mark, bytes) {mark, bytes, sizeof bytes}
  static const struct {
    const char *what, *seed;
    part front[2], behind; /* before all others; behind the first scan */
    uint32_t want;
  } files[] = {{"Adobe's mark", BASE, {SEGMENT(0xEE, rgb), NONE}, NONE, 0x8E6E832D},
               {"Adobe's, of a high version", BASE, {SEGMENT(0xEE, later), NONE}, NONE, 0x8E6E832D},
               {"Adobe's, too short", BASE, {SEGMENT(0xEE, shorter), NONE}, NONE, 0x29976D3B},
               {"JFIF too short", BASE, {SEGMENT(0xE0, short_jfif), SEGMENT(0xEE, rgb)}, NONE, 0x8E6E832D},
               {"JFIF", BASE, {SEGMENT(0xE0, jfif), SEGMENT(0xEE, rgb)}, NONE, 0x29976D3B},
               {"Adobe's at the end", BASE, {NONE, NONE}, SEGMENT(0xEE, rgb), 0x29976D3B},
               {"JFIF at the end", BASE, {SEGMENT(0xEE, rgb), NONE}, SEGMENT(0xE0, jfif), 0x8E6E832D},
               {"Adobe's between scans", PROGRESSIVE, {NONE, NONE}, SEGMENT(0xEE, rgb), 0x29976D3B}};
#undef SEGMENT
#undef NONE
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    parts all = split(files[i].seed);
    take_part(&all, find_part(&all, 0xE0, 0));
    put_part(&all, find_part(&all, 0xDA, 0) + 1, files[i].behind);
    for (int k = 1; k >= 0; k--) put_part(&all, 0, files[i].front[k]);
    size_t n;
    uint8_t *file = joined(&all, &n);
    vm_image image;
    vm_error err = {0};
    CHECK(vm_image_load(file, n, &image, &err) == VM_OK, "%s: %s", files[i].what, err.text);
    uint32_t sum = image.rgba != NULL ? sum_of(image.rgba, 4 * (size_t)image.width * (size_t)image.height) : 0;
    CHECK(sum == files[i].want, "%s: %08X", files[i].what, (unsigned)sum);
    vm_image_free(&image);
    free(file);
  }
}

/* What lies behind damaged marks is refused in words, and owns nothing. */
static void test_jpeg_without_pixels(void) {
  static const uint8_t file[] = {0xFF, 0xD8, 0xFF, 0xD9};
  int width, height;
  const char *why = NULL;
  CHECK(photo_jpeg_pixels(file, sizeof file, &width, &height, &why) == NULL && why != NULL && why[0] != 0, "no frame");
}

/* Against cosines: never off by more than one, whatever the coefficients, and right in the mean. */
static void test_inverse_cosine(void) {
  uint32_t random = 1;
  double off = 0;
  int blocks = CHECK_FEWER ? 20 : 400, worst = 0;
  for (int b = 0; b < blocks; b++) {
    int16_t block[64];
    for (int i = 0; i < 64; i++) {
      random = random * 1664525u + 1013904223u;
      block[i] = (int16_t)(b % 4 == 0 && i > 0 ? 0 : (int)(random >> 20) % (400 >> b % 5) - (200 >> b % 5));
    }
    uint8_t got[8 * 11];
    memset(got, 7, sizeof got);
    photo_inverse_cosine(got, 11, block);
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 8; x++) {
        double sum = 0;
        for (int v = 0; v < 8; v++)
          for (int u = 0; u < 8; u++)
            sum += block[8 * v + u] * (u > 0 ? 1 : sqrt(0.5)) * (v > 0 ? 1 : sqrt(0.5)) *
                   cos((2 * x + 1) * u * 0.19634954084936207) * cos((2 * y + 1) * v * 0.19634954084936207);
        double want = fmin(fmax(sum / 4 + 128, 0), 255);
        if (fabs(got[11 * y + x] - want) > worst) worst = (int)ceil(fabs(got[11 * y + x] - want) - 0.02);
        if (want > 0 && want < 255) off += got[11 * y + x] - want;
      }
      CHECK(y == 7 || (got[11 * y + 8] == 7 && got[11 * y + 10] == 7), "beyond its row");
    }
  }
  CHECK(worst <= 1, "off by %d", worst);
  CHECK(fabs(off / (64 * blocks)) < 0.02, "off by %f in the mean", off / (64 * blocks));
  int16_t far[64];
  for (int i = 0; i < 64; i++) far[i] = i % 3 ? INT16_MAX : INT16_MIN;
  uint8_t got[64];
  photo_inverse_cosine(got, 8, far); /* nothing overflows */
}

static void test_on_black(void) {
  uint8_t rgba[] = {200, 100, 50, 0, 200, 100, 50, 255, 200, 100, 50, 128, 255, 1, 0, 1, 255, 128, 127, 254};
  static const uint8_t want[] = {0, 0, 0, 255, 200, 100, 50, 255, 100, 50, 25, 255, 1, 0, 0, 255, 254, 127, 127, 255};
  photo_on_black(rgba, 5);
  CHECK(memcmp(rgba, want, sizeof want) == 0, "%d %d %d", rgba[8], rgba[9], rgba[10]);
}

/* Opaque pixels are passed many at a time: each place in and after such a stretch must be seen. */
static void test_one_among_opaque(void) {
  for (int at = 0; at < 40; at++) {
    uint8_t rgba[40 * 4];
    memset(rgba, 255, sizeof rgba);
    rgba[4 * at + 3] = 0;
    photo_on_black(rgba, 40);
    int wrong = 0;
    for (int i = 0; i < 40; i++) wrong += rgba[4 * i] != (i == at ? 0 : 255) || rgba[4 * i + 3] != 255;
    CHECK(wrong == 0, "pixel %d: %d", at, wrong);
  }
}

static void test_opaque(void) {
  uint8_t pixels[] = {1, 2, 3, 0, 4, 5, 6, 255, 250, 128, 7, 9};
  static const uint8_t kept[] = {1, 2, 3, 255, 4, 5, 6, 255, 250, 128, 7, 255},
                       turned[] = {3, 2, 1, 255, 6, 5, 4, 255, 7, 128, 250, 255};
  photo_opaque(pixels, 3, 0);
  CHECK(memcmp(pixels, kept, sizeof kept) == 0, "%d %d", pixels[0], pixels[3]);
  photo_opaque(pixels, 3, 1);
  CHECK(memcmp(pixels, turned, sizeof turned) == 0, "%d %d", pixels[0], pixels[2]);
}

int main(void) {
  test_png();
  test_limits();
  test_exif();
  test_jpeg_header();
  test_jpeg_orientation();
  test_jpeg_frames();
  test_jpeg_damage();
  test_jpeg_kinds();
  test_jpeg_strange_marks();
  test_jpeg_order();
  test_jpeg_late_steps();
  test_jpeg_codes();
  test_jpeg_scans();
  test_jpeg_pixels();
  test_jpeg_colour_marks();
  test_jpeg_without_pixels();
  test_inverse_cosine();
  test_png_checksums();
  test_png_layouts();
  test_kinds();
  test_animation();
  test_marks();
  test_on_black();
  test_one_among_opaque();
  test_opaque();
  return check_end();
}

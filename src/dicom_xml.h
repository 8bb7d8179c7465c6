/* A DICOM object as xml2dcm (dcmtk) reads it: elements, sequences, items. A text that grows; the first failure stays. */
#ifndef VM_DICOM_XML_H
#define VM_DICOM_XML_H

#include <stdbool.h>
#include <stddef.h>

typedef struct dicom_xml {
  char *text; /* owned, to be freed */
  size_t size, room;
  bool failed; /* memory was short: the text is not whole */
} dicom_xml;

typedef struct dicom_code {
  const char *value, *scheme, *meaning;
} dicom_code;

/* Tags are written as "0028,0010". */
void xml_start(dicom_xml *x);
void xml_end(dicom_xml *x);
/* A value as text, UTF-8; several of them with backslashes between. */
void xml_element(dicom_xml *x, const char *tag, const char *vr, const char *value);
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void xml_format(dicom_xml *x, const char *tag, const char *vr, const char *format, ...);
/* Bytes that stand in a file beside the text. */
void xml_file(dicom_xml *x, const char *tag, const char *vr, const char *name);
void xml_open(dicom_xml *x, const char *tag); /* a sequence */
void xml_item(dicom_xml *x);
void xml_close_item(dicom_xml *x);
void xml_close(dicom_xml *x);
/* A sequence of one item, a code; one of over 16 letters has an attribute of its own. */
void xml_code(dicom_xml *x, const char *tag, const dicom_code *code);
/* A sequence of one item; and its end. */
void xml_open_one(dicom_xml *x, const char *tag);
void xml_close_one(dicom_xml *x);
/* A new UID of a random UUID (PS3.5 B.2); false without random numbers. */
bool dicom_new_uid(char out[65]);
/* An element with such a UID. */
void xml_new_uid(dicom_xml *x, const char *tag);

#endif

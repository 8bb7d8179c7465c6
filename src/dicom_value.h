/* Values of an object in the form that their kind (VR, PS3.5 6.2) has; web/dicom/values.js for the page. */
#ifndef VM_DICOM_VALUE_H
#define VM_DICOM_VALUE_H

/* Brings a value of a patient or a study, UTF-8 of one value, into its form where that is certain: control characters become
 * spaces, those at its ends go, as do the points of 1951.02.03 and the colons of 10:30:05. What is not in its form then becomes
 * empty: over 16 letters (SH) or 64 (LO, each spelling of a PN); a day that there is not (DA); another sex than M, F, O (CS);
 * a backslash. In a UI zeros may lead: archives hold such, and a result lies beside its photograph. */
void dicom_bring_into_form(const char *vr, char *value);

#endif

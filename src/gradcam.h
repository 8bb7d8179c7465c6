/* Class activation maps. The disease head is a mean followed by a linear layer, so the gradient of a logit with respect
 * to feature k is w[c][k] / cells everywhere, and Grad-CAM (Selvaraju et al., ICCV 2017) is exactly
 * relu(sum over k of w[c][k] F'[k]), up to the factor 1 / cells. */
#ifndef VM_GRADCAM_H
#define VM_GRADCAM_H

#include "vmnet.h"

/* Takes class c out of activation [grid][grid][classes] into plane [grid][grid], in logit units, signed. */
void gradcam_plane(const float *activation, int grid, int classes, int c, float *plane);

/* The largest value of relu(plane) in the field of view, the disc inside the photograph; 0 where nothing there speaks
 * for the class. The black surround is part of the network's input, but no part of the eye. */
float gradcam_peak(const float *plane, int grid, vm_disc disc, int width, int height);

#endif

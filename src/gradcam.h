/* Class activation maps. The disease head is a mean followed by a linear layer, so the gradient of a logit with respect
 * to feature k is w[c][k] / cells everywhere, and Grad-CAM (Selvaraju et al., ICCV 2017) is exactly
 * relu(sum over k of w[c][k] F'[k]), up to the factor 1 / cells. */
#ifndef VM_GRADCAM_H
#define VM_GRADCAM_H

/* Takes class c out of activation [cells][classes] into plane [cells], in logit units, signed; returns the largest
 * value of relu(plane), 0 where nothing speaks for the class. */
float gradcam_plane(const float *activation, int cells, int classes, int c, float *plane);

#endif

// Stands in for what geotiff.js would bring along and web/photo/tiff.js does not use.
module.exports = {};

#pragma once

#include "output/gallery.hpp"
#include "run/stored_pictures.hpp"

namespace pictor::host {

// Gives the visitor every sample that a ledger knows, as the gallery shows it. Pictures in shards
// have no file to link to: the first of them come as small copies inside the page, of the others it
// says where they are.
void visit_gallery_entries(const Ledger &ledger, StoredPictures &pictures,
                           const GalleryVisitor &visit);

}  // namespace pictor::host

using CrunSharp.Oci;

namespace CrunSharp.Images.Store;

/// <summary>Where things are in a store.</summary>
/// <remarks>
/// <code>
/// blobs/sha256/HEX          as in an OCI image layout: manifests, configs, packed layers
/// layers/KEY/tree           one layer unpacked; KEY is its diff id, or chain-ID where it was mended for what lies below
/// layers/KEY/layer.json     what the tree alone does not say
/// images/ID/image.json      manifest, config, and the layers from the lowest up
/// tags/HOST/PATH/:TAG       the id of an image; @DIGEST for a name by digest
/// ingest/ID                 a layer that is arriving, locked by who fetches it
/// tmp/ANY                   what is being written or removed, locked by who does it
/// </code>
/// </remarks>
internal sealed class StoreLayout(string root)
{
    public string Root { get; } = root;

    public string Blobs => Path.Combine(Root, "blobs");

    public string Layers => Path.Combine(Root, "layers");

    public string Images => Path.Combine(Root, "images");

    public string Tags => Path.Combine(Root, "tags");

    public string Ingest => Path.Combine(Root, "ingest");

    public string Temporary => Path.Combine(Root, "tmp");

    public string Blob(Digest digest) => Path.Combine(Blobs, digest.Algorithm, digest.Hex);

    public string Layer(string key) => Path.Combine(Layers, key);

    public string Tree(string key) => Path.Combine(Layers, key, "tree");

    public string LayerRecord(string key) => Path.Combine(Layers, key, "layer.json");

    public string Image(Digest id) => Path.Combine(Images, id.Hex);

    public string ImageRecord(Digest id) => Path.Combine(Images, id.Hex, "image.json");

    public string NewTemporary() => Path.Combine(Temporary, Guid.NewGuid().ToString("N"));

    /// <summary>A repository's parts never begin with ':' or '@', so tags and deeper repositories cannot meet.</summary>
    public string TagFile(Reference name) =>
        Path.Combine(Tags, name.Registry, name.Repository, name.Digest is { } digest ? $"@{digest}" : $":{name.Tag}");
}

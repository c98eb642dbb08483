using CrunSharp.Oci;

namespace CrunSharp.Images;

/// <summary>Blobs, layers, images and tags as directories and files beneath one root.</summary>
public sealed partial class ImageStore : IDisposable
{
    /// <summary>Opens the store, and makes its directories where they are missing.</summary>
    public static ImageStore Open(string root, ImageStoreOptions? options = null) => throw new NotSupportedException(root);

    /// <summary>Takes in a whole image: its layers side by side, each once; then the ordered pass and the tag.</summary>
    /// <param name="name">The name it gets; null leaves it without one.</param>
    /// <param name="manifest">The descriptor of <paramref name="manifestBytes"/>.</param>
    /// <param name="layers">Where the bytes of a layer come from; asked only for those the store lacks.</param>
    public Task<StoredImage> AddAsync(
        Reference? name,
        Descriptor manifest,
        ReadOnlyMemory<byte> manifestBytes,
        ReadOnlyMemory<byte> configBytes,
        Func<Descriptor, BlobSource> layers,
        IProgress<LayerProgress>? progress,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Keeps a small blob (manifest, config); its digest and size are checked first.</summary>
    public Task WriteBlobAsync(Descriptor blob, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Fetches, proves and unpacks one layer, unless the store has it.</summary>
    public Task IngestLayerAsync(
        Descriptor layer, Digest diffId, BlobSource source, IProgress<LayerProgress>? progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Makes an image of ingested layers: mends what one needs from those below, writes the record, then the tag.</summary>
    public Task<StoredImage> CommitAsync(
        Reference? name, Descriptor manifest, Manifest parsed, ImageConfig config, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>The image of this name, digest, id or beginning of an id (three characters or more), or null.</summary>
    /// <exception cref="CrunException">The beginning fits several images.</exception>
    public StoredImage? Find(string nameOrId) => throw new NotSupportedException(nameOrId);

    /// <summary>Every image, the newest first.</summary>
    public IReadOnlyList<StoredImage> List() => throw new NotSupportedException();

    /// <summary>Gives the image a further name, and takes that name from whichever image had it.</summary>
    public void Tag(Digest id, Reference name) => throw new NotSupportedException();

    /// <summary>Takes a name from an image, and with its last name the image; what no other image needs goes too.</summary>
    /// <param name="nameOrId">A name takes only that name; an id takes the image, unless it has several names.</param>
    /// <param name="force">By id: also with several names.</param>
    public ImageRemoval Remove(string nameOrId, bool force = false) => throw new NotSupportedException(nameOrId);

    /// <summary>Keeps the image from being removed until the result is disposed or the process ends.</summary>
    /// <remarks>A container is held by this until its own record names the image; from then on <see cref="ImageStoreOptions.ImagesInUse"/> does.</remarks>
    public IDisposable Hold(StoredImage image) => throw new NotSupportedException(image.Id.ToString());

    /// <summary>A blob, its digest checked.</summary>
    public Task<byte[]> ReadBlobAsync(Digest digest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}

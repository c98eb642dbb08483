using CrunSharp.Images.Ingest;
using CrunSharp.Images.Store;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Images;

/// <summary>Blobs, layers, images and tags as directories and files beneath one root.</summary>
/// <remarks>
/// No daemon and no lock over all: each change is a rename, and what several processes could want at once is locked
/// by itself. A process that dies leaves at most something in <c>tmp</c> and <c>ingest</c>, which the next pull clears.
/// </remarks>
public sealed partial class ImageStore : IDisposable
{
    // What pull, load and build hold until the image's record holds it; the pieces below share one for the store's life.
    private readonly Pins _pins = new();
    private readonly StoreLayout _layout;
    private readonly ImageStoreOptions _options;

    private ImageStore(string root, ImageStoreOptions options)
    {
        _layout = new StoreLayout(root);
        _options = options;
    }

    // Asked of the kernel, so only where something is unpacked.
    private UnpackIdentity Identity => _options.Identity ?? UnpackIdentity.Current;

    public string Root => _layout.Root;

    /// <summary>Opens the store; nothing is made on disk before there is something to keep.</summary>
    public static ImageStore Open(string root, ImageStoreOptions? options = null) =>
        new(Path.GetFullPath(root), options ?? new ImageStoreOptions());

    /// <summary>Takes in a whole image: its layers side by side, each once; then the ordered pass and the tag.</summary>
    /// <param name="name">The name it gets; null leaves it without one.</param>
    /// <param name="manifest">The descriptor of <paramref name="manifestBytes"/>.</param>
    /// <param name="layers">Where the bytes of a layer come from; asked only for those the store lacks.</param>
    public async Task<StoredImage> AddAsync(
        Reference? name,
        Descriptor manifest,
        ReadOnlyMemory<byte> manifestBytes,
        ReadOnlyMemory<byte> configBytes,
        Func<Descriptor, BlobSource> layers,
        IProgress<LayerProgress>? progress,
        CancellationToken cancellationToken)
    {
        Manifest parsed = Manifest.Parse(manifestBytes, manifest.MediaType);
        ImageConfig config = ImageConfig.Parse(configBytes);
        CheckLayers(parsed, config);
        try
        {
            ClearLeftovers();
            using Pins pins = new();
            WriteBlob(manifest, manifestBytes.Span, pins);
            WriteBlob(parsed.Config, configBytes.Span, pins);
            await IngestAsync(parsed, config, layers, progress, pins, cancellationToken);
            return Commit(name, manifest, parsed, config, pins);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // One layer's time limit, not the caller's wish.
            throw new CrunException($"cannot add the image {(object?)name ?? manifest.Digest}", "a layer did not arrive in time");
        }
        catch (SourceException failure)
        {
            // What arrived stays: the next attempt goes on from it.
            throw failure.ToCrunException();
        }
        catch (Exception failure) when (failure is CrunException or LinuxException or IOException or UnauthorizedAccessException)
        {
            Forget(config.DiffIds);
            throw failure as CrunException ?? StoreFailure.Explain($"cannot add the image {(object?)name ?? manifest.Digest}", failure);
        }
    }

    private async Task IngestAsync(
        Manifest parsed,
        ImageConfig config,
        Func<Descriptor, BlobSource> layers,
        IProgress<LayerProgress>? progress,
        Pins pins,
        CancellationToken cancellationToken)
    {
        // A layer that occurs twice is unpacked once.
        Dictionary<Digest, Descriptor> wanted = [];
        for (int index = 0; index < parsed.Layers.Count; index++)
        {
            wanted.TryAdd(config.DiffIds[index], parsed.Layers[index]);
        }

        ParallelOptions parallel = new() { MaxDegreeOfParallelism = _options.ParallelLayers, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(wanted, parallel, async (layer, stop) =>
            await IngestLayerAsync(layer.Value, layer.Key, layers(layer.Value), progress, pins, stop));
    }

    /// <summary>Keeps a small blob (manifest, config); its digest and size are checked first.</summary>
    public Task WriteBlobAsync(Descriptor blob, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WriteBlob(blob, bytes.Span, _pins);
        return Task.CompletedTask;
    }

    /// <summary>Fetches, proves and unpacks one layer, unless the store has it.</summary>
    public async Task IngestLayerAsync(
        Descriptor layer, Digest diffId, BlobSource source, IProgress<LayerProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            await IngestLayerAsync(layer, diffId, source, progress, _pins, cancellationToken);
        }
        catch (SourceException failure)
        {
            throw failure.ToCrunException();
        }
    }

    /// <summary>Makes an image of ingested layers: mends what one needs from those below, writes the record, then the tag.</summary>
    public Task<StoredImage> CommitAsync(
        Reference? name, Descriptor manifest, Manifest parsed, ImageConfig config, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CheckLayers(parsed, config);
        return Task.Run(() => Commit(name, manifest, parsed, config, _pins), cancellationToken);
    }

    /// <summary>A blob, its digest checked.</summary>
    public async Task<byte[]> ReadBlobAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(_layout.Blob(digest), cancellationToken);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CrunException($"cannot read the blob {digest}", "the store does not have it", absent);
        }

        Digest actual = Hashing.Compute(bytes, digest);
        return actual == digest ? bytes : throw new CrunException($"cannot read the blob {digest}", $"on disk it has the digest {actual}");
    }

    /// <summary>Opens a blob of any size; the digest is the reader's to check.</summary>
    public Stream OpenBlob(Digest digest)
    {
        try
        {
            return File.OpenRead(_layout.Blob(digest));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CrunException($"cannot read the blob {digest}", "the store does not have it", absent);
        }
    }

    public void Dispose() => _pins.Dispose();

    private static void CheckLayers(Manifest manifest, ImageConfig config)
    {
        if (manifest.Layers.Count != config.DiffIds.Count)
        {
            throw new CrunException(
                "cannot use the image", $"its manifest has {manifest.Layers.Count} layers, its config {config.DiffIds.Count}");
        }

        foreach (Descriptor layer in manifest.Layers)
        {
            // Only for its refusal of what is no layer; how it is packed its bytes say.
            MediaTypes.PackingOf(layer.MediaType);
        }
    }

    private void WriteBlob(Descriptor blob, ReadOnlySpan<byte> bytes, Pins pins)
    {
        Digest actual = Hashing.Compute(bytes, blob.Digest);
        if (blob.Size != bytes.Length || actual != blob.Digest)
        {
            throw new CrunException(
                $"cannot keep the blob {blob.Digest}", $"it should have {blob.Size} bytes and has {bytes.Length} with the digest {actual}");
        }

        string path = _layout.Blob(blob.Digest);
        while (!pins.TryHold(path))
        {
            StoreFiles.Replace(_layout, path, bytes, _options.Durable);
        }
    }
}

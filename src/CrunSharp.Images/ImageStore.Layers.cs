using CrunSharp.Images.Ingest;
using CrunSharp.Images.Store;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images;

public sealed partial class ImageStore
{
    // A partial blob is worth keeping until the user tries again, not for ever.
    private static readonly TimeSpan s_partialBlobLife = TimeSpan.FromDays(3);

    private async Task IngestLayerAsync(
        Descriptor layer, Digest diffId, BlobSource source, IProgress<LayerProgress>? progress, Pins pins, CancellationToken cancellationToken)
    {
        bool waited = false;
        while (!TryHoldLayer(layer, diffId, pins))
        {
            string directory = Path.Combine(_layout.Ingest, diffId.Hex);
            StoreFiles.EnsureDirectory(directory);
            using ObjectLock? mine = ObjectLock.TryTake(directory, exclusive: true, out _);
            if (mine is null)
            {
                // Another pull is at it, here or in another process: it ends, or dies and leaves us the lock.
                progress?.Report(new LayerProgress(layer.Digest, LayerPhase.Waiting, 0, layer.Size));
                waited = true;
                await Task.Delay(50, cancellationToken);
                continue;
            }

            // It may have come to be there between the look and the lock.
            if (!TryHoldLayer(layer, diffId, pins))
            {
                await UnpackLayerAsync(layer, diffId, source, directory, progress, pins, cancellationToken);
            }

            StoreFiles.Discard(_layout, directory);
            if (TryHoldLayer(layer, diffId, pins))
            {
                progress?.Report(new LayerProgress(layer.Digest, LayerPhase.Complete, layer.Size, layer.Size));
                return;
            }
        }

        progress?.Report(new LayerProgress(layer.Digest, waited ? LayerPhase.Complete : LayerPhase.Present, layer.Size, layer.Size));
    }

    private bool TryHoldLayer(Descriptor layer, Digest diffId, Pins pins)
    {
        if (!pins.TryHold(_layout.Layer(diffId.Hex)))
        {
            return false;
        }

        pins.TryHold(_layout.Blob(layer.Digest));
        return true;
    }

    private async Task UnpackLayerAsync(
        Descriptor layer, Digest diffId, BlobSource source, string directory, IProgress<LayerProgress>? progress, Pins pins, CancellationToken cancellationToken)
    {
        string what = $"the layer {layer.Digest}";
        string blob = Path.Combine(directory, layer.Digest.Hex);
        string tree = Path.Combine(directory, "tree");
        Action<long> report = done => progress?.Report(new LayerProgress(layer.Digest, LayerPhase.Unpacking, done, layer.Size));

        // The layer went, its blob stayed: it is the partial blob that happens to be complete.
        string kept = _layout.Blob(layer.Digest);
        string file = pins.TryHold(kept) ? kept : blob;
        PackedLayer packed = new(layer, file, source);
        try
        {
            for (bool isRetry = false; ; isRetry = true)
            {
                StoreFiles.RemoveTree(tree);
                MakeTree(tree);
                try
                {
                    UnpackReport unpacked = await RunPipelineAsync(packed, diffId, tree, what, report, cancellationToken);
                    Keep(layer, diffId, directory, file == kept ? null : blob, unpacked, pins);
                    return;
                }
                catch (Exception failure) when (failure is DigestException or InvalidDataException or CrunException { InnerException: not LinuxException })
                {
                    // Bad bytes must not be gone on from; and if some were of an earlier attempt, it is not the source's fault.
                    File.Delete(file);
                    file = blob;
                    if (packed.Resumed && !isRetry)
                    {
                        packed = new PackedLayer(layer, file, source);
                        continue;
                    }

                    throw failure is CrunException ? failure : new CrunException($"cannot use {what}", failure.Message, failure);
                }
            }
        }
        catch (Exception failure)
        {
            StoreFiles.RemoveTree(tree);
            if (failure is LinuxException or IOException or UnauthorizedAccessException)
            {
                throw StoreFailure.Explain($"cannot keep {what}", failure);
            }

            throw;
        }
    }

    private static void MakeTree(string tree)
    {
        StoreFiles.EnsureDirectory(tree);

        // The root of an image whose layers do not list it; the directory above keeps others out.
        File.SetUnixFileMode(tree, (UnixFileMode)RootAttributes.Default.Mode);
    }

    private async Task<UnpackReport> RunPipelineAsync(
        PackedLayer packed, Digest diffId, string tree, string what, Action<long> report, CancellationToken cancellationToken)
    {
        UnpackOptions options = new() { Whiteouts = true, Identity = Identity, Limits = _options.Limits };
        using LayerPipeline pipeline = new(cancellationToken);
        return await pipeline.RunAsync(packed, diffId, tree, options, what, report, cancellationToken);
    }

    private void Keep(Descriptor layer, Digest diffId, string directory, string? blob, UnpackReport unpacked, Pins pins)
    {
        LayerRecord record = new()
        {
            DiffId = diffId,
            Size = unpacked.Size,
            Entries = unpacked.Entries,
            Root = unpacked.Root,
            HidesAllBelow = unpacked.HidesAllBelow,
            Needs = unpacked.Needs,
            Notes = unpacked.Notes,
        };
        string finished = Path.Combine(directory, "finished");
        StoreFiles.EnsureDirectory(finished);
        Directory.Move(Path.Combine(directory, "tree"), Path.Combine(finished, "tree"));
        File.WriteAllBytes(Path.Combine(finished, "layer.json"), record.Write());
        if (_options.Durable)
        {
            // One call for thousands of files: a layer that is found by its name after a power failure must be whole.
            using SafeFileHandle handle = FileSystem.OpenPath(finished, OpenAs.Directory);
            FileSystem.SyncFileSystem(handle);
        }

        // Held before they have their names: no removal finds them without a holder.
        pins.TryHold(finished);
        if (blob is not null)
        {
            pins.TryHold(blob);
            KeepBlob(layer.Digest, blob);
        }

        StoreFiles.EnsureDirectory(_layout.Layers);
        Directory.Move(finished, _layout.Layer(diffId.Hex));
        if (_options.Durable)
        {
            StoreFiles.SyncDirectory(_layout.Layers);
        }
    }

    private void KeepBlob(Digest digest, string blob)
    {
        if (!_options.KeepBlobs)
        {
            File.Delete(blob);
            return;
        }

        string path = _layout.Blob(digest);
        StoreFiles.EnsureDirectory(Path.GetDirectoryName(path)!);
        File.Move(blob, path, overwrite: true);
    }

    /// <summary>Removes what a pull that failed has brought, as far as no image has it: nobody would go on with it.</summary>
    private void Forget(IReadOnlyList<Digest> diffIds)
    {
        try
        {
            foreach (string directory in diffIds.Select(diffId => Path.Combine(_layout.Ingest, diffId.Hex)))
            {
                using ObjectLock? free = ObjectLock.TryTake(directory, exclusive: true, out _);
                if (free is not null)
                {
                    StoreFiles.Discard(_layout, directory);
                }
            }

            Collect();
        }
        catch (Exception failure) when (failure is LinuxException or IOException or UnauthorizedAccessException or CrunException)
        {
            // The next pull clears it; why this one failed is what matters.
        }
    }

    /// <summary>Removes what killed processes left; partial blobs stay for a while, to be gone on from.</summary>
    private void ClearLeftovers()
    {
        foreach (string directory in StoreFiles.List(_layout.Ingest))
        {
            using ObjectLock? free = ObjectLock.TryTake(directory, exclusive: true, out _);
            if (free is null)
            {
                continue;
            }

            StoreFiles.RemoveTree(Path.Combine(directory, "tree"));
            StoreFiles.RemoveTree(Path.Combine(directory, "finished"));
            bool isOld = Directory.GetLastWriteTimeUtc(directory) < DateTime.UtcNow - s_partialBlobLife;
            if (isOld || !Directory.EnumerateFileSystemEntries(directory).Any())
            {
                StoreFiles.Discard(_layout, directory);
            }
        }

        foreach (string path in StoreFiles.List(_layout.Temporary))
        {
            using ObjectLock? free = ObjectLock.TryTake(path, exclusive: true, out _);
            if (free is not null)
            {
                StoreFiles.RemoveTree(path);
            }
        }
    }
}

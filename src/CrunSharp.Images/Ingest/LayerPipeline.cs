using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using CrunSharp.Images.Store;
using CrunSharp.Images.Unpack;
using CrunSharp.Oci;

namespace CrunSharp.Images.Ingest;

/// <summary>One pass over a layer: fetch, hash and keep | inflate and hash | unpack. Three threads, two short queues.</summary>
internal sealed class LayerPipeline : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly PieceQueue _packed;
    private readonly PieceQueue _plain;
    private Exception? _failure;

    public LayerPipeline(CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _packed = new PieceQueue(_stop.Token);
        _plain = new PieceQueue(_stop.Token);
    }

    /// <summary>Unpacks into <paramref name="tree"/>; whatever fails first stops the others and is thrown.</summary>
    public async Task<UnpackReport> RunAsync(
        PackedLayer layer, Digest diffId, string tree, UnpackOptions options, string what, Action<long> progress, CancellationToken cancellationToken)
    {
        UnpackReport? report = null;
        Task fetch = Guard(() => layer.PumpAsync(_packed, progress, _stop.Token));
        Task inflate = Guard(() => OnThread(() => Inflate(diffId)));
        Task write = Guard(() => OnThread(() => report = Unpacker.Unpack(_plain, tree, options, what, _stop.Token)));
        await Task.WhenAll(fetch, inflate, write);
        cancellationToken.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return report!;
    }

    public void Dispose() => _stop.Dispose();

    private void Inflate(Digest diffId)
    {
        using IncrementalHash hash = Hashing.Start(diffId);
        PieceStream packed = new(_packed);
        using Stream plain = Decompression.Open(packed);
        while (true)
        {
            byte[] buffer = PieceQueue.Rent();
            int count = plain.ReadAtLeast(buffer, PieceQueue.PieceSize / 2, throwOnEndOfStream: false);
            if (count == 0)
            {
                PieceQueue.Return(buffer);
                break;
            }

            hash.AppendData(buffer, 0, count);
            _plain.Write(buffer, count);
        }

        // What follows the compressed data counts for the blob's digest, and somebody waits to hand it over.
        while (!_packed.Next().IsEmpty)
        {
        }

        Digest actual = Hashing.Finish(hash, diffId);
        if (actual != diffId)
        {
            throw new DigestException($"unpacked, it has the digest {actual}; the image's config says {diffId}");
        }

        // Only now: unpacking ends well only if the digest is right.
        _plain.Complete();
    }

    private async Task Guard(Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception failure)
        {
            // Those that are stopped because of the first fail too; theirs say nothing.
            Interlocked.CompareExchange(ref _failure, failure, null);
            await _stop.CancelAsync();
        }
    }

    private static Task OnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}

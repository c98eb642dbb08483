using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using CrunSharp.Images.Store;
using CrunSharp.Oci;

namespace CrunSharp.Images.Ingest;

/// <summary>The packed bytes of a layer: those on disk from an earlier attempt, then those that still come.</summary>
internal sealed class PackedLayer(Descriptor layer, string file, BlobSource source)
{
    private ExceptionDispatchInfo? _failure;

    private string What => $"the layer {layer.Digest}";

    /// <summary>Whether bytes that an earlier attempt left were used; if the digest is wrong, they may be why.</summary>
    public bool Resumed { get; private set; }

    /// <summary>Sends all of it on, after it was written to the file, and proves size and digest.</summary>
    /// <exception cref="SourceException">The source failed; what arrived is good for another attempt.</exception>
    /// <exception cref="DigestException">It is complete and something else.</exception>
    public async Task PumpAsync(PieceQueue target, Action<long> progress, CancellationToken cancellationToken)
    {
        _failure = null;
        using IncrementalHash hash = Hashing.Start(layer.Digest);
        await using FileStream kept = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        if (kept.Length > layer.Size)
        {
            kept.SetLength(0);
        }

        long position = 0;
        long present = kept.Length;
        Resumed = present > 0;
        while (position < present)
        {
            position += await MoveAsync(kept, null, (int)Math.Min(present - position, PieceQueue.PieceSize), hash, target, cancellationToken);
            progress(position);
        }

        if (position < layer.Size)
        {
            await FetchAsync(kept, position, hash, target, progress, cancellationToken);
        }

        target.Complete();
        Digest actual = Hashing.Finish(hash, layer.Digest);
        if (actual != layer.Digest)
        {
            throw new DigestException($"its bytes have the digest {actual}");
        }
    }

    private async Task FetchAsync(
        FileStream kept, long position, IncrementalHash hash, PieceQueue target, Action<long> progress, CancellationToken cancellationToken)
    {
        await using Stream incoming = await AskAsync(() => source(position, cancellationToken));
        while (position < layer.Size)
        {
            int count = await MoveAsync(incoming, kept, (int)Math.Min(layer.Size - position, PieceQueue.PieceSize), hash, target, cancellationToken);
            if (count == 0)
            {
                throw new SourceException(What, new CrunException($"cannot fetch the layer {layer.Digest}", $"the source ended after {position} of {layer.Size} bytes"));
            }

            position += count;
            progress(position);
        }

        byte[] beyond = new byte[1];
        if (await AskAsync(() => incoming.ReadAsync(beyond, cancellationToken).AsTask()) != 0)
        {
            throw new DigestException($"it has more than the {layer.Size} bytes that the manifest says");
        }
    }

    private async Task<int> MoveAsync(
        Stream from, FileStream? to, int most, IncrementalHash hash, PieceQueue target, CancellationToken cancellationToken)
    {
        byte[] buffer = PieceQueue.Rent();
        int count = await FillAsync(from, buffer.AsMemory(0, most), cancellationToken);
        if (to is not null)
        {
            // Also where the source has failed after these: the next attempt goes on from them.
            await to.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        }

        hash.AppendData(buffer, 0, count);
        if (count > 0)
        {
            await target.WriteAsync(buffer, count);
        }

        return count;
    }

    /// <summary>Reads until the piece is worth handing on; 0 at the end.</summary>
    private async Task<int> FillAsync(Stream from, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _failure?.Throw();
        int count = 0;
        while (count == 0 || count < buffer.Length / 2)
        {
            try
            {
                int read = await AskAsync(() => from.ReadAsync(buffer[count..], cancellationToken).AsTask());
                count += read;
                if (read == 0)
                {
                    break;
                }
            }
            catch (Exception failure) when (count > 0)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
                break;
            }
        }

        return count;
    }

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new SourceException(What, failure);
        }
    }
}

/// <summary>Wraps what a source threw, to tell it from what unpacking threw.</summary>
internal sealed class SourceException(string what, Exception inner) : Exception(inner.Message, inner)
{
    public CrunException ToCrunException() => InnerException as CrunException ?? new CrunException($"cannot fetch {what}", Message, InnerException);
}

/// <summary>Bytes arrived, but not those that were named.</summary>
internal sealed class DigestException(string why) : Exception(why);

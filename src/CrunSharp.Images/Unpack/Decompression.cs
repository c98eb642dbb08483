using System.IO.Compression;
using ZstdSharp;

namespace CrunSharp.Images.Unpack;

/// <summary>Finds out by its first bytes how an archive is packed; media types and names are often wrong.</summary>
internal static class Decompression
{
    /// <summary>The plain bytes. Disposing it leaves <paramref name="packed"/> open.</summary>
    public static Stream Open(Stream packed)
    {
        byte[] start = new byte[4];
        int length = packed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        PrefixedStream whole = new(start.AsMemory(0, length), packed);
        return start switch
        {
            [0x1F, 0x8B, ..] => new GZipStream(whole, CompressionMode.Decompress, leaveOpen: true),
            [0x28, 0xB5, 0x2F, 0xFD] or [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18] => new ZstdPlain(whole),
            _ => whole,
        };
    }

    /// <summary>zstd's errors as those of malformed data.</summary>
    private sealed class ZstdPlain(Stream packed) : ForwardStream
    {
        private readonly DecompressionStream _plain = new(packed, leaveOpen: true);

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return _plain.Read(buffer);
            }
            catch (Exception failure) when (failure is ZstdException or EndOfStreamException)
            {
                throw new InvalidDataException($"its zstd data are damaged: {failure.Message}", failure);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _plain.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Bytes that were read already, then the rest of the stream.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override int Read(Span<byte> buffer)
        {
            if (_prefix.IsEmpty)
            {
                return rest.Read(buffer);
            }

            int count = Math.Min(buffer.Length, _prefix.Length);
            _prefix.Span[..count].CopyTo(buffer);
            _prefix = _prefix[count..];
            return count;
        }
    }
}

/// <summary>A stream that is only read, from front to end.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override int Read(Span<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

using System.Buffers;
using System.Threading.Channels;
using CrunSharp.Images.Tar;
using CrunSharp.Images.Unpack;

namespace CrunSharp.Images.Ingest;

/// <summary>Hands rented buffers from one thread to the next, a few at a time: who is faster waits.</summary>
internal sealed class PieceQueue(CancellationToken cancellationToken) : IPieceSource
{
    public const int PieceSize = 1 << 17;

    // 1 MiB on its way at most, on each side of a decompressor.
    private const int Capacity = 8;

    private readonly Channel<ArraySegment<byte>> _pieces = Channel.CreateBounded<ArraySegment<byte>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private byte[]? _current;

    public static byte[] Rent() => ArrayPool<byte>.Shared.Rent(PieceSize);

    public static void Return(byte[] buffer) => ArrayPool<byte>.Shared.Return(buffer);

    /// <summary>Gives the buffer away: the reader returns it.</summary>
    public ValueTask WriteAsync(byte[] buffer, int length) => _pieces.Writer.WriteAsync(new ArraySegment<byte>(buffer, 0, length), cancellationToken);

    public void Write(byte[] buffer, int length)
    {
        if (!_pieces.Writer.TryWrite(new ArraySegment<byte>(buffer, 0, length)))
        {
            WriteAsync(buffer, length).AsTask().GetAwaiter().GetResult();
        }
    }

    public void Complete() => _pieces.Writer.Complete();

    public ReadOnlyMemory<byte> Next()
    {
        if (_current is not null)
        {
            Return(_current);
            _current = null;
        }

        ArraySegment<byte> piece;
        while (!_pieces.Reader.TryRead(out piece))
        {
            if (!_pieces.Reader.WaitToReadAsync(cancellationToken).AsTask().GetAwaiter().GetResult())
            {
                return default;
            }
        }

        _current = piece.Array;
        return piece;
    }
}

/// <summary>The pieces as a stream, for a decompressor.</summary>
internal sealed class PieceStream(IPieceSource source) : ForwardStream
{
    private ReadOnlyMemory<byte> _piece;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (_piece.IsEmpty && !_ended)
        {
            _piece = source.Next();
            _ended = _piece.IsEmpty;
        }

        int count = Math.Min(buffer.Length, _piece.Length);
        _piece.Span[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }
}

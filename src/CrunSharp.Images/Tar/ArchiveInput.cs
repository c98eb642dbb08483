namespace CrunSharp.Images.Tar;

/// <summary>Bytes that arrive in pieces; the tar reader looks at them where they lie.</summary>
internal interface IPieceSource
{
    /// <summary>The next piece, empty at the end. The one before is given back by asking.</summary>
    ReadOnlyMemory<byte> Next();
}

/// <summary>A stream, read in pieces.</summary>
internal sealed class StreamPieces(Stream stream, int size = 1 << 18) : IPieceSource
{
    private readonly byte[] _buffer = new byte[size];

    public ReadOnlyMemory<byte> Next() => _buffer.AsMemory(0, stream.Read(_buffer));
}

/// <summary>An archive's bytes with a position and a limit.</summary>
internal sealed class ArchiveInput(IPieceSource source, long limit, CancellationToken cancellationToken)
{
    private ReadOnlyMemory<byte> _piece;
    private long _arrived;
    private bool _ended;

    /// <summary>Bytes consumed.</summary>
    public long Position => _arrived - _piece.Length;

    /// <summary>At most <paramref name="most"/> bytes of what comes next, consumed; empty only at the end.</summary>
    public ReadOnlySpan<byte> Take(long most)
    {
        if (_piece.IsEmpty && !Fill())
        {
            return default;
        }

        int count = (int)Math.Min(most, _piece.Length);
        ReadOnlySpan<byte> taken = _piece.Span[..count];
        _piece = _piece[count..];
        return taken;
    }

    /// <summary>Fills all of <paramref name="target"/>; false where the archive ends exactly here.</summary>
    /// <exception cref="InvalidDataException">It ends in between.</exception>
    public bool TryReadExactly(Span<byte> target)
    {
        int done = 0;
        while (done < target.Length)
        {
            ReadOnlySpan<byte> taken = Take(target.Length - done);
            if (taken.IsEmpty)
            {
                return done == 0 ? false : throw Truncated();
            }

            taken.CopyTo(target[done..]);
            done += taken.Length;
        }

        return true;
    }

    public void ReadExactly(Span<byte> target)
    {
        if (!TryReadExactly(target) && target.Length > 0)
        {
            throw Truncated();
        }
    }

    public void Skip(long count)
    {
        while (count > 0)
        {
            ReadOnlySpan<byte> taken = Take(count);
            if (taken.IsEmpty)
            {
                throw Truncated();
            }

            count -= taken.Length;
        }
    }

    /// <summary>Reads what is left, which counts for the digest though nothing is in it.</summary>
    public void Drain()
    {
        while (!Take(long.MaxValue).IsEmpty)
        {
        }
    }

    internal static InvalidDataException Truncated() => new("the archive ends in the middle of an entry");

    private bool Fill()
    {
        if (_ended)
        {
            return false;
        }

        cancellationToken.ThrowIfCancellationRequested();
        _piece = source.Next();
        _ended = _piece.IsEmpty;
        _arrived += _piece.Length;
        return _arrived <= limit ? !_ended : throw new InvalidDataException($"unpacked it is larger than the limit of {limit} bytes");
    }
}

using System.Diagnostics;
using System.Net;
using CrunSharp.Oci;

namespace CrunSharp.Registry.Http;

/// <summary>
/// The bytes of a blob from some offset on, however often the connection breaks in between.
/// Exactly as many as the descriptor says; whether they are the right ones, their digest tells.
/// </summary>
internal sealed class BlobStream : Stream
{
    /// <summary>What a new connection must bring for the broken ones before it to be forgiven.</summary>
    private const int Forgiving = 64 << 10;

    private readonly Func<long, CancellationToken, Task<HttpResponseMessage>> _ask;
    private readonly Func<Exception, Exception> _explain;
    private readonly RegistryLimits _limits;
    private readonly Descriptor _blob;
    private readonly CancellationToken _owner;
    private long _position;

    private HttpResponseMessage? _response;
    private Stream? _body;
    private CancellationTokenSource? _life;
    private long _connectedAt;
    private int _failures;
    private Pause _pause;
    private TimeSpan _waited;
    private int _sinceStall;
    private long _skip;

    private BlobStream(
        Descriptor blob,
        long offset,
        Func<long, CancellationToken, Task<HttpResponseMessage>> ask,
        Func<Exception, Exception> explain,
        RegistryLimits limits,
        CancellationToken owner)
    {
        (_blob, _position, _ask, _explain, _limits, _owner) = (blob, offset, ask, explain, limits, owner);
        _pause = new Pause(limits);
    }

    /// <summary>Connects, so that what is refused is refused here.</summary>
    /// <param name="blob">What it is, and its size.</param>
    /// <param name="offset">The first byte wanted; the size itself wants none.</param>
    /// <param name="ask">Asks for the blob from an offset; answers 200 or 206.</param>
    /// <param name="explain">Makes of a failure what a user reads.</param>
    /// <param name="limits">Patience.</param>
    /// <param name="cancellationToken">Ends all reading, now and later.</param>
    public static async Task<BlobStream> OpenAsync(
        Descriptor blob,
        long offset,
        Func<long, CancellationToken, Task<HttpResponseMessage>> ask,
        Func<Exception, Exception> explain,
        RegistryLimits limits,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, (ulong)blob.Size, nameof(offset));
        BlobStream stream = new(blob, offset, ask, explain, limits, cancellationToken);
        if (offset < blob.Size)
        {
            try
            {
                await stream.ConnectAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                throw explain(e);
            }
        }

        return stream;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    /// <summary>Within the whole blob.</summary>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        byte[] rented = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, 128 << 10));
        try
        {
            int count = ReadAsync(rented.AsMemory(0, Math.Min(buffer.Length, rented.Length)), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            rented.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0 || (_position == _blob.Size && _body is null))
        {
            return 0;
        }

        try
        {
            while (true)
            {
                if (_body is null)
                {
                    await ConnectAsync(cancellationToken).ConfigureAwait(false);
                }

                try
                {
                    return await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                }
                catch (RegistryFailureException e) when (e.IsTransient && !IsHopeless())
                {
                    // Asked again below, from where it broke.
                }

                Disconnect();
                await _pause.WaitAsync(null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException)
        {
            Disconnect();
            throw _explain(e);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Disconnect();
        base.Dispose(disposing);
    }

    private Uri Source => _response?.RequestMessage?.RequestUri ?? new Uri("https://localhost/");

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _response = await _ask(_position, cancellationToken).ConfigureAwait(false);
        _connectedAt = _position;
        (_waited, _sinceStall) = (TimeSpan.Zero, 0);
        _life = CancellationTokenSource.CreateLinkedTokenSource(_owner);
        _skip = CheckExtent(_response);
        _body = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How much of the answer comes before what was asked for, once its own words fit the descriptor.</summary>
    private long CheckExtent(HttpResponseMessage response)
    {
        long? length = response.Content.Headers.ContentLength;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            System.Net.Http.Headers.ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            bool fits = range is { Unit: "bytes" } && range.From == _position && (range.Length ?? _blob.Size) == _blob.Size;
            return fits ? 0 : throw new RegistryFailureException(Source, $"asked for byte {_position} on, it sends '{range}'");
        }

        return length is null || length == _blob.Size
            ? _position
            : throw new RegistryFailureException(Source, $"the blob {_blob.Digest} has {length} bytes there, but {_blob.Size} by the manifest");
    }

    private async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // It knows no ranges and began at the beginning: what is there already goes by once more.
        byte[] passed = new byte[(int)Math.Min(_skip, 64 << 10)];
        while (_skip > 0)
        {
            int skipped = await WaitAsync(passed.AsMemory(0, (int)Math.Min(_skip, passed.Length)), cancellationToken).ConfigureAwait(false);
            _skip -= skipped > 0 ? skipped : throw new RegistryFailureException(Source, $"the blob {_blob.Digest} ended too soon") { IsTransient = true };
        }

        long left = _blob.Size - _position;
        if (left == 0)
        {
            // To its end, so that the connection serves the next request, and nothing can follow.
            int more = await WaitAsync(new byte[1], cancellationToken).ConfigureAwait(false);
            Disconnect();
            return more == 0 ? 0 : throw new RegistryFailureException(Source, $"the blob {_blob.Digest} goes on after its {_blob.Size} bytes");
        }

        int count = await WaitAsync(buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            throw new RegistryFailureException(Source, $"the blob {_blob.Digest} ends after {_position} of its {_blob.Size} bytes") { IsTransient = true };
        }

        _position += count;
        return count;
    }

    /// <summary>One read. Only time spent waiting counts as a stall: whoever reads slowly is not the registry's fault.</summary>
    private async Task<int> WaitAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? both = cancellationToken.CanBeCanceled && cancellationToken != _owner
            ? CancellationTokenSource.CreateLinkedTokenSource(_life!.Token, cancellationToken)
            : null;
        long began = Stopwatch.GetTimestamp();
        try
        {
            ValueTask<int> reading = _body!.ReadAsync(buffer, both?.Token ?? _life!.Token);
            if (reading.IsCompletedSuccessfully)
            {
                return Count(reading.Result);
            }

            TimeSpan left = _limits.Stall - _waited;
            _life!.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            int count = await reading.ConfigureAwait(false);
            _life.CancelAfter(Timeout.InfiniteTimeSpan);
            _waited += Stopwatch.GetElapsedTime(began);
            return Count(count);
        }
        catch (OperationCanceledException e) when (!_owner.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RegistryFailureException(Source, $"the blob {_blob.Digest} stalled: fewer than {_limits.StallBytes} bytes in {_limits.Stall.TotalSeconds:0.#} s", e)
            {
                IsTransient = true,
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw RegistryFailureException.From(Source, e, null);
        }

        int Count(int count)
        {
            _sinceStall += count;
            if (_sinceStall >= _limits.StallBytes)
            {
                (_waited, _sinceStall) = (TimeSpan.Zero, 0);
            }

            return count;
        }
    }

    private bool IsHopeless()
    {
        if (_position - _connectedAt >= Forgiving)
        {
            (_failures, _pause) = (0, new Pause(_limits));
        }

        return ++_failures >= _limits.Attempts;
    }

    private void Disconnect()
    {
        _body?.Dispose();
        _response?.Dispose();
        _life?.Dispose();
        (_body, _response, _life) = (null, null, null);
    }
}

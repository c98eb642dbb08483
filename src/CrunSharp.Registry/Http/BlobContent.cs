using System.Net;
using System.Net.Http.Headers;

namespace CrunSharp.Registry.Http;

/// <summary>A blob on its way to a registry.</summary>
internal sealed class BlobContent : HttpContent
{
    private readonly Func<Stream> _open;
    private readonly long _size;

    public BlobContent(Func<Stream> open, long size)
    {
        (_open, _size) = (open, size);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <summary>Called whenever some more has gone out.</summary>
    public Action? Progressed { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using Stream source = _open();
        byte[] buffer = new byte[128 << 10];
        int count;
        while ((count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            Progressed?.Invoke();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _size;
        return true;
    }
}

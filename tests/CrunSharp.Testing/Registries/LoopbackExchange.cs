using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CrunSharp.Testing;

/// <summary>One request and the wire to answer it on.</summary>
public sealed class LoopbackExchange(LoopbackRequest request, TcpClient client, Stream wire, CancellationToken serverEnds)
{
    public LoopbackRequest Request { get; } = request;

    /// <summary>Cancelled when the server is disposed: what dribbles or waits has to stop then.</summary>
    public CancellationToken ServerEnds { get; } = serverEnds;

    internal bool Closed { get; private set; }

    /// <summary>A whole answer, with its right length unless <paramref name="headers"/> bring another.</summary>
    public async Task AnswerAsync(int status, ReadOnlyMemory<byte> body = default, params (string Name, string Value)[] headers)
    {
        StringBuilder head = new($"HTTP/1.1 {status} Told\r\n");
        if (!headers.Any(header => header.Name is "Content-Length" or "Transfer-Encoding"))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        foreach ((string name, string value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await SendAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        await SendAsync(body);
    }

    public Task AnswerAsync(int status, string body, params (string Name, string Value)[] headers) =>
        AnswerAsync(status, Encoding.UTF8.GetBytes(body), headers);

    /// <summary>Bytes, as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await wire.WriteAsync(bytes, ServerEnds);
        await wire.FlushAsync(ServerEnds);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Ends the connection in good order.</summary>
    public void Close()
    {
        Closed = true;
        wire.Dispose();
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Break()
    {
        client.LingerState = new LingerOption(true, 0);
        Close();
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace CrunSharp.Testing;

/// <summary>An HTTP server on a free port of 127.0.0.1 that answers as a test tells it, well or badly.</summary>
public sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<LoopbackExchange, Task> _handle;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<LoopbackRequest> _requests = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="handle">Answers one request.</param>
    /// <param name="certificate">Makes it speak TLS.</param>
    public LoopbackServer(Func<LoopbackExchange, Task> handle, X509Certificate2? certificate = null)
    {
        (_handle, _certificate) = (handle, certificate);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Host and port.</summary>
    public string Authority => $"127.0.0.1:{Port}";

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://{Authority}/");

    /// <summary>What was asked so far, in order.</summary>
    public IReadOnlyList<LoopbackRequest> Requests => [.. _requests];

    /// <summary>How many connections were made so far; those that never said anything readable included.</summary>
    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using Stream stream = _certificate is null ? client.GetStream() : await AuthenticateAsync(client);
                while (await LoopbackRequest.ReadAsync(stream, _end.Token) is { } request)
                {
                    _requests.Enqueue(request);
                    LoopbackExchange exchange = new(request, client, stream, _end.Token);
                    await _handle(exchange);
                    if (exchange.Closed)
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client went away, or never spoke our language: both are what tests are about.
            }
        }
    }

    private async Task<Stream> AuthenticateAsync(TcpClient client)
    {
        SslStream secure = new(client.GetStream());
        await secure.AuthenticateAsServerAsync(_certificate!);
        return secure;
    }
}

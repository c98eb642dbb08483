using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CrunSharp.CliTests.Kills;

/// <summary>Stands between the program and a registry, slows what comes, and stops one answer after a number of bytes.</summary>
internal sealed class HoldingProxy : IAsyncDisposable
{
    // 8 KiB each: a layer of a megabyte takes more than a hundred steps.
    private const int Step = 8192;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly Task _accepting;
    private readonly List<string> _requests = [];
    private Held? _held;

    public HoldingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Authority => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The heads of all requests since the last <see cref="Release"/>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Answers to requests whose target has <paramref name="part"/> in it stop after so many bytes; done when one has.</summary>
    public Task HoldAsync(string part, int bytes)
    {
        lock (_lock)
        {
            _held = new Held(part, bytes);
            return _held.Reached.Task;
        }
    }

    /// <summary>Later answers come whole; what was held is for a process that is dead.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _held = null;
            _requests.Clear();
        }
    }

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
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (TcpClient server = new())
        using (CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(_end.Token))
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, gone.Token);
                client.NoDelay = server.NoDelay = true;
                Answer answer = new();
                Task asks = PassRequestsAsync(client.GetStream(), server.GetStream(), answer, gone.Token);
                Task answers = PassAnswersAsync(server.GetStream(), client.GetStream(), answer, gone.Token);
                await Task.WhenAny(asks, answers);
                await gone.CancelAsync();
                await Task.WhenAll(asks, answers);
            }
            catch (Exception ended) when (ended is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One of the two was killed, which is what this is for.
            }
        }
    }

    private async Task PassRequestsAsync(NetworkStream from, NetworkStream to, Answer answer, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Step];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            // A client sends its next request on a connection only after the answer to the one before.
            string head = Encoding.ASCII.GetString(buffer, 0, count);
            lock (_lock)
            {
                _requests.Add(head);
            }

            (answer.Target, answer.Bytes) = (head.Split(' ').ElementAtOrDefault(1) ?? "", 0);
            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private async Task PassAnswersAsync(NetworkStream from, NetworkStream to, Answer answer, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Step];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            Held? held;
            lock (_lock)
            {
                held = _held;
            }

            bool isHeld = held is not null && answer.Target.Contains(held.Part, StringComparison.Ordinal);
            int passed = isHeld ? Math.Clamp(held!.Bytes - answer.Bytes, 0, count) : count;
            await to.WriteAsync(buffer.AsMemory(0, passed), cancellationToken);
            answer.Bytes += passed;
            if (isHeld && answer.Bytes >= held!.Bytes)
            {
                held.Reached.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            if (count == Step)
            {
                await Task.Delay(1, cancellationToken);
            }
        }
    }

    private sealed class Answer
    {
        public string Target { get; set; } = "";

        public int Bytes { get; set; }
    }

    private sealed record Held(string Part, int Bytes)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class BlobTests : IAsyncDisposable
{
    private readonly byte[] _layer = TestImage.Noise(300_000);
    private readonly Bench _bench = new();
    private readonly FakeRegistry _registry = new();

    public BlobTests() => _registry.Hold(TestImage.Create([_layer]));

    public async ValueTask DisposeAsync()
    {
        _bench.Dispose();
        await _registry.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(299_999)]
    [InlineData(300_000)]
    public async Task Blob_FromAnOffset_YieldsTheRest(int offset) =>
        Assert.Equal(_layer[offset..], await ReadAsync(offset));

    [Fact]
    public async Task Blob_FromAnOffsetWhereRangesAreUnknown_YieldsTheRest()
    {
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(200, _layer));
        Assert.Equal(_layer[1234..], await ReadAsync(1234));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blob_ConnectionBreaksTwice_GoesOnFromThere(bool withReset)
    {
        int breaks = 0;
        _registry.On(FakeRegistry.Blob(_layer), async exchange =>
        {
            int from = FakeRegistry.RangeOf(exchange.Request);
            if (breaks++ >= 2)
            {
                await FakeRegistry.ServeAsync(exchange, _layer);
                return;
            }

            string head = from == 0 ? "HTTP/1.1 200 OK" : $"HTTP/1.1 206 Partial\r\nContent-Range: bytes {from}-{_layer.Length - 1}/{_layer.Length}";
            await exchange.SendAsync($"{head}\r\nContent-Length: {_layer.Length - from}\r\n\r\n");
            await exchange.SendAsync(_layer.AsMemory(from, 100_000));
            if (withReset)
            {
                // Let it arrive: a reset also throws away what was not read yet.
                await Task.Delay(50, exchange.ServerEnds);
                exchange.Break();
            }
            else
            {
                exchange.Close();
            }
        });
        Assert.Equal(_layer, await ReadAsync());
        List<int> ranges = [.. _registry.Asked(FakeRegistry.Blob(_layer)).Select(FakeRegistry.RangeOf)];
        Assert.Equal([0, 100_000, 200_000], ranges);
    }

    [Fact]
    public async Task Blob_BreaksForEver_FailsAfterTheLastTry()
    {
        _registry.On(FakeRegistry.Blob(_layer), async exchange =>
        {
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {_layer.Length}\r\n\r\n");
            await exchange.SendAsync(_layer.AsMemory(0, 10));
            exchange.Close();
        });
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync());
        Assert.Contains("closed the connection before its answer was complete", refused.Message);
        Assert.Equal(_bench.Limits.Attempts, _registry.Asked(FakeRegistry.Blob(_layer)).Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task Cve2023_25153_SlowDrip_IsGivenUpThoughBytesKeepComing()
    {
        _bench.Limits = _bench.Limits with { Stall = TimeSpan.FromMilliseconds(200), Attempts = 2 };
        _registry.On(FakeRegistry.Blob(_layer), async exchange =>
        {
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {_layer.Length}\r\n\r\n");
            for (int at = 0; at < _layer.Length; at++)
            {
                await exchange.SendAsync(_layer.AsMemory(at, 1));
                await Task.Delay(10, exchange.ServerEnds);
            }
        });
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync());
        Assert.Contains("stalled: fewer than 4096 bytes in 0.2 s", refused.Message);
    }

    [Fact]
    public async Task Blob_ReaderIsSlow_IsNoStall()
    {
        _bench.Limits = _bench.Limits with { Stall = TimeSpan.FromMilliseconds(50) };
        using RegistryClient client = _bench.Client();
        ResolvedImage image = await _bench.ResolveAsync(_registry.Name(), client);
        await using Stream stream = await client.OpenBlobAsync(image, image.Parsed.Layers[0], 0, Bench.Token);
        byte[] buffer = new byte[150_000];
        await stream.ReadExactlyAsync(buffer, Bench.Token);
        await Task.Delay(150, Bench.Token);
        await stream.ReadExactlyAsync(buffer, Bench.Token);
        Assert.Equal(0, await stream.ReadAsync(buffer, Bench.Token));
        Assert.Equal(_layer[150_000..], buffer);
    }

    [Theory]
    [InlineData(299_999)]
    [InlineData(300_001)]
    [InlineData(10_000_000_000)]
    public async Task Cve2020_1702_BlobOfAnotherLength_IsRefusedBeforeItIsRead(long length)
    {
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync());
        Assert.Contains($"has {length} bytes there, but 300000 by the manifest", refused.Message);
    }

    [Fact]
    public async Task Cve2020_1702_BlobWithoutAnEnd_IsRefusedAtItsSize()
    {
        _registry.On(FakeRegistry.Blob(_layer), async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
            {
                await exchange.SendAsync($"{_layer.Length:x}\r\n");
                await exchange.SendAsync(_layer);
                await exchange.SendAsync("\r\n");
            }
        });
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync());
        Assert.Contains("goes on after its 300000 bytes", refused.Message);
    }

    [Theory]
    [InlineData("bytes 0-299999/300000")]
    [InlineData("bytes 1000-299999/300001")]
    [InlineData("lines 1000-299999/300000")]
    public async Task Blob_OtherRangeThanAskedFor_IsRefused(string range)
    {
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(206, _layer.AsMemory(1000), ("Content-Range", range)));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync(1000));
        Assert.Contains("asked for byte 1000 on, it sends", refused.Message);
    }

    [Fact]
    public async Task Blob_MarkedAsPacked_ComesAsItIs()
    {
        // Stores of files say gzip of layers that are gzip; the digest is over these bytes.
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(200, _layer, ("Content-Encoding", "gzip")));
        Assert.Equal(_layer, await ReadAsync());
    }

    [Fact]
    public async Task Blob_Missing_NamesTheBlob()
    {
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(404));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => ReadAsync());
        Assert.Contains($"has its manifest, but not its blob {TestImage.DigestOf(_layer)}", refused.Message);
    }

    [Fact]
    public async Task Blob_ReadWithoutAsync_YieldsTheSame()
    {
        using RegistryClient client = _bench.Client();
        ResolvedImage image = await _bench.ResolveAsync(_registry.Name(), client);
        await using Stream stream = await client.OpenBlobAsync(image, image.Parsed.Layers[0], 0, Bench.Token);
        byte[] read = await Task.Run(
            () =>
            {
                using MemoryStream copy = new();
                int count;
                byte[] buffer = new byte[7777];
                while ((count = stream.Read(buffer, 0, buffer.Length)) > 0)
                {
                    copy.Write(buffer, 0, count);
                }

                return copy.ToArray();
            },
            Bench.Token);
        Assert.Equal(_layer, read);
    }

    private async Task<byte[]> ReadAsync(int offset = 0)
    {
        using RegistryClient client = _bench.Client();
        return await Bench.ReadAsync(client, await _bench.ResolveAsync(_registry.Name(), client), 0, offset);
    }
}

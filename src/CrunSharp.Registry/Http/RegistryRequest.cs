using System.Net.Http.Headers;

namespace CrunSharp.Registry.Http;

/// <summary>A GET below <c>/v2/REPOSITORY/</c>.</summary>
internal sealed record RegistryRequest(string Repository, string Path)
{
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte wanted.</summary>
    public long From { get; init; }

    public HttpRequestMessage Make(Uri uri)
    {
        HttpRequestMessage request = new(HttpMethod.Get, uri);
        foreach (string type in Accept)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        if (From > 0)
        {
            request.Headers.Range = new RangeHeaderValue(From, null);
        }

        return request;
    }
}

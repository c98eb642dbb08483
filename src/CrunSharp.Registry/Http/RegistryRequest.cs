using System.Net.Http.Headers;

namespace CrunSharp.Registry.Http;

/// <summary>A GET below <c>/v2/REPOSITORY/</c>; of <c>/v2/</c> itself where both are empty.</summary>
internal sealed record RegistryRequest(string Repository, string Path)
{
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte wanted.</summary>
    public long From { get; init; }

    public string Target => Repository.Length == 0 ? Path : $"{Repository}/{Path}";

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

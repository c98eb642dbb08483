using System.Text.Json;

namespace CrunSharp.Registry.Http;

/// <summary>Reads what comes back, never more of it than was agreed.</summary>
internal static class Answers
{
    private const int LargestError = 64 << 10;

    /// <summary>The whole body.</summary>
    /// <exception cref="RegistryFailureException">It is longer, packed, or did not come in time.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, TimeSpan patience, string name, CancellationToken cancellationToken)
    {
        Uri uri = response.RequestMessage!.RequestUri!;
        if (response.Content.Headers.ContentEncoding.FirstOrDefault(coding => coding != "identity") is { } coding)
        {
            throw new RegistryFailureException(uri, $"it sends the {name} packed with '{Printable.Line(coding)}', which was not asked for");
        }

        long? announced = response.Content.Headers.ContentLength;
        if (announced > limit)
        {
            throw TooLarge($"{announced} bytes");
        }

        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(patience);
        try
        {
            Stream body = await response.Content.ReadAsStreamAsync(time.Token).ConfigureAwait(false);
            byte[] buffer = new byte[(int)Math.Min(announced ?? 16384, limit) + 1];
            int length = 0;
            int count;
            while ((count = await body.ReadAsync(buffer.AsMemory(length), time.Token).ConfigureAwait(false)) > 0)
            {
                length += count;
                if (length > limit)
                {
                    throw TooLarge("more");
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
                }
            }

            return buffer[..length];
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryFailureException(uri, $"the {name} did not arrive within {patience.TotalSeconds:0.#} s", e) { IsTransient = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw RegistryFailureException.From(uri, e, null);
        }

        RegistryFailureException TooLarge(string size) => new(uri, $"the {name} has {size}, where at most {limit} bytes are accepted");
    }

    /// <summary>What a refusal says; its body is read so far as it is one.</summary>
    public static async Task<RegistryRefusedException> RefusalAsync(HttpResponseMessage response, TimeSpan patience, CancellationToken cancellationToken)
    {
        string? code = null;
        string? text = null;
        try
        {
            byte[] body = await ReadAsync(response, LargestError, patience, "error", cancellationToken).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("errors", out JsonElement errors)
                && errors.ValueKind == JsonValueKind.Array
                && errors.GetArrayLength() > 0)
            {
                code = Text(errors[0], "code");
                text = Text(errors[0], "message");
            }
            else
            {
                // Token services and proxies have words of their own.
                text = Text(document.RootElement, "details") ?? Text(document.RootElement, "error_description") ?? Text(document.RootElement, "message");
            }
        }
        catch (Exception e) when (e is JsonException or RegistryFailureException)
        {
            // The status is the answer; the words were only a courtesy.
        }

        return new RegistryRefusedException(response.StatusCode, code, text);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String
            ? Printable.Line(member.GetString() ?? "")
            : null;
}
